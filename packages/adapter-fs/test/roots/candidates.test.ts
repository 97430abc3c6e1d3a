/** Where the sessions of an app are found on each platform, and what is said when there is more than one place. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { findRoots, mayHoldSessions, type Roots } from "../../src/roots/candidates.ts"
import { claude, family, linux, local, roaming, type Row, rows, user, windows } from "./places.ts"
import { foldersOf } from "./tree.ts"

const found = (row: Row): Roots => Effect.runSync(findRoots(row.app ?? claude, row.around, foldersOf(row.tree)))

/** What keeps a candidate in doubt, where there is one. */
const doubt = ({ verdict }: Roots) => {
  const seen = verdict._tag === "One" ? verdict.candidate.seen : undefined
  return seen?._tag === "Found" ? { isCutOff: seen.isCutOff, unreadable: seen.unreadable } : seen
}

describe("the places of an app's sessions", () => {
  for (const [what, row] of Object.entries(rows)) {
    it(`are these: ${what}`, () => {
      const { candidates, unlisted, verdict } = found(row)
      const live = candidates.filter(mayHoldSessions)
      assert.deepStrictEqual(
        live.map(({ path, seen, ways }) => [
          ways[0]?.origin,
          path,
          seen._tag === "Found" ? `${seen.documents}/${seen.temporaries}` : seen._tag === "Unreadable" ? seen.code : ""
        ]),
        row.live.map((place) => [...place])
      )
      assert.deepStrictEqual(unlisted.map(({ path }) => path), row.unlisted ?? [])
      assert.strictEqual(verdict._tag, row.live.length === 0 ? "None" : row.live.length === 1 ? "One" : "Several")
      if (verdict._tag === "Several") assert.deepStrictEqual(verdict.candidates, live)
      for (const way of candidates.flatMap(({ ways }) => ways)) assert.isNotEmpty(way.because)
    })
  }

  it("are told with every way that leads there", () => {
    const { candidates } = found(rows["a configured folder that is one of the known"]!)
    const [first] = candidates.filter(mayHoldSessions)
    assert.deepStrictEqual(first?.ways.map(({ origin }) => origin), ["configured", "roamingAppData"])
  })

  it("are told with the path by which the app itself reaches them, and the package that leads it there", () => {
    const { candidates } = found(rows["a package on another drive"]!)
    const [first] = candidates.filter(mayHoldSessions)
    assert.deepStrictEqual(first?.ways[0]?.logical, Option.some(`${roaming}\\Claude\\claude-code-sessions`))
    assert.include(first?.ways[0]?.because ?? "", family)
  })

  it("are missing where they were looked for by their whole path, and not named where only a glob was", () => {
    const { candidates } = found(rows["nothing anywhere"]!)
    assert.deepStrictEqual(candidates.map(({ path, seen }) => [path, seen._tag]), [
      [`${roaming}\\Claude\\claude-code-sessions`, "Missing"],
      [`${local}\\Claude\\claude-code-sessions`, "Missing"],
      [`${user}\\.Claude\\claude-code-sessions`, "Missing"]
    ])
  })

  it("are looked at once each", () => {
    const folders = foldersOf(rows["a package on another drive"]!.tree)
    Effect.runSync(findRoots(claude, windows, folders))
    assert.deepStrictEqual(folders.listed.toSorted(), [...new Set(folders.listed)].toSorted())
  })

  it("are in doubt where a folder below cannot be listed, and where there is too much to look through", () => {
    const root = "/home/a/.config/Claude"
    const deep = `${root}${"/n".repeat(12)}/a.json`
    const unreadable = found({
      app: { name: "Claude" },
      around: linux,
      tree: { files: [`${root}/a/b.txt`], unreadable: { [`${root}/a`]: "EACCES" } },
      live: []
    })
    const cutOff = found({ app: { name: "Claude" }, around: linux, tree: { files: [deep] }, live: [] })
    assert.deepStrictEqual(doubt(unreadable), { isCutOff: false, unreadable: [`${root}/a`] })
    assert.deepStrictEqual(doubt(cutOff), { isCutOff: true, unreadable: [] })
  })

  it("are taken literally but for the star", () => {
    const tree = { files: ["/home/a/.var/app/com.x/data/Claude/a.json", "/home/a/.var/app/comAx/data/Claude/a.json"] }
    const { verdict } = found({ app: { name: "Claude", flatpak: "com.x" }, around: linux, tree, live: [] })
    assert.strictEqual(verdict._tag, "One")
  })
})
