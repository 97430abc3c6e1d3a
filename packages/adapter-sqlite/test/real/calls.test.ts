import { layer } from "@effect/vitest"
import { assertCalls, type Row } from "../../../../testing/real/callTable.ts"
import { append, save } from "../../../../testing/real/notes.ts"
import { program, startApp } from "./app.ts"

// A transaction writes each of its pages to the log, 4,096 bytes after a header of 24, and flushes once.
const pages = (count: number): Row[2] => [count === 0 ? 0 : 1, 2 * count, 4120 * count, 0, 0]

const rows: ReadonlyArray<Row> = [
  // The log itself is made, with a header of 32 bytes, and flushed with the folder that has its name.
  ["a first save", save("a", "1"), [3, 21, 24_760, 0, 3]],
  ["a save", save("a", "2"), pages(3)],
  ["a session more", save("b", "1"), pages(6)],
  ["a load", { name: "load", key: "b" }, pages(0)],
  ["a first append", append("a", "x"), pages(5)],
  ["an append", append("a", "y"), pages(5)],
  ["a list", { name: "list" }, pages(0)],
  ["a removal", { name: "remove", key: "b" }, pages(5)]
]

layer(program, { excludeTestServices: true })("the system calls of a database", (it) => {
  it.effect("are what each operation needs and none more", () =>
    assertCalls(({ folder, under }) => startApp({ filename: `${folder}/sessions.db`, under }), rows))
})
