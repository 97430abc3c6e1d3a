import { layer } from "@effect/vitest"
import { assertCalls, type Row } from "../../../../testing/real/callTable.ts"
import { append, save } from "../../../../testing/real/notes.ts"
import { program, startApp } from "./app.ts"

const load = { name: "load", key: "b" } as const
const list = { name: "list" } as const
const remove = { name: "remove", key: "b" } as const

// Bytes count the envelope, in which a record remembers its last writes: 91 each.
const tables: Readonly<Record<"rename" | "slots", ReadonlyArray<Row>>> = {
  rename: [
    ["a first save", save("a", "1"), [2, 1, 531, 0, 3]],
    ["a save", save("a", "2"), [2, 1, 622, 0, 3]],
    ["another save", save("a", "3"), [2, 1, 713, 0, 3]],
    ["a session more", save("b", "1"), [2, 1, 531, 0, 2]],
    ["a load", load, [0, 0, 0, 0, 3]],
    ["a first append", append("a", "x"), [2, 1, 155, 0, 3]],
    ["an append", append("a", "y"), [1, 1, 155, 0, 2]],
    ["a list", list, [0, 0, 0, 2, 6]],
    ["a removal", remove, [3, 1, 587, 0, 4]]
  ],
  slots: [
    ["a first save", save("a", "1"), [4, 2, 1062, 0, 5]],
    ["a save", save("a", "2"), [1, 1, 622, 0, 3]],
    ["another save", save("a", "3"), [1, 1, 713, 0, 3]],
    ["a session more", save("b", "1"), [4, 2, 1062, 0, 4]],
    ["a load", load, [0, 0, 0, 0, 6]],
    ["a first append", append("a", "x"), [2, 1, 155, 0, 4]],
    ["an append", append("a", "y"), [1, 1, 155, 0, 3]],
    ["a list", list, [0, 0, 0, 2, 9]],
    ["a removal", remove, [3, 2, 1174, 0, 5]]
  ]
}

layer(program, { excludeTestServices: true })("the system calls of a file store", (it) => {
  it.effect.each(["rename", "slots"] as const)(
    "are what each operation needs and none more, in %s",
    (commit) =>
      assertCalls(
        ({ folder: directory, under }) => startApp({ directory, commit, compareAndSet: "process", under }),
        tables[commit]
      )
  )
})
