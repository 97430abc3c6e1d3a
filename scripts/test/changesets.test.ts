// The laws of releases, played by the tool itself over the repository's own configuration, in a repository that holds
// nothing but the manifests: the packages have one version, and every changeset names packages that there are.
import { spawnSync } from "node:child_process"
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { publishedPackages } from "../packages.ts"
import { needsShell, repositoryRoot, toolEnvironment } from "../steps.ts"

const directory = mkdtempSync(join(tmpdir(), "holdfast-changesets-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const run = (root: string, program: string, ...args: ReadonlyArray<string>) => {
  const ended = spawnSync(program, args, { cwd: root, env: toolEnvironment(), shell: needsShell, encoding: "utf8" })
  return { status: ended.status, text: `${ended.error?.message ?? ""}${ended.stdout}${ended.stderr}` }
}

const git = (root: string, ...args: ReadonlyArray<string>) => {
  const settings = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
  expect(run(root, "git", ...settings, ...args)).toMatchObject({ status: 0 })
}

/** A repository whose main branch has the manifests, and whose last commit adds changesets. */
const repositoryWith = (name: string, changesets: Readonly<Record<string, string>>): string => {
  const root = join(directory, name)
  const manifests = globSync(["package.json", "packages/*/package.json", "examples/package.json"], {
    cwd: repositoryRoot
  })
  for (const path of ["package-lock.json", ".changeset/config.json", ...manifests]) {
    cpSync(join(repositoryRoot, path), join(root, path), { recursive: true })
  }
  git(root, "init", "--quiet", "--initial-branch=main")
  git(root, "add", ".")
  git(root, "commit", "--quiet", "--message=manifests")
  git(root, "checkout", "--quiet", "-b", "change")
  for (const [file, text] of Object.entries(changesets)) writeFileSync(join(root, ".changeset", file), text)
  git(root, "add", ".")
  git(root, "commit", "--quiet", "--allow-empty", "--message=change")
  return root
}

test("a change of one package releases all of them under one version, and no private one", () => {
  const text = "---\n\"@holdfast/adapter-memory\": minor\n---\n\nSomething is added.\n"
  const root = repositoryWith("sound", { "tested.md": text })
  const shown = run(root, "changeset", "status", "--output=status.json")
  expect(shown).toMatchObject({ status: 0 })
  expect(shown.text).not.toContain("Found issues")
  const { releases } = JSON.parse(readFileSync(join(root, "status.json"), "utf8")) as {
    releases: ReadonlyArray<{ name: string; type: string; newVersion: string }>
  }
  // A private package that depends on the released ones is told of, though its version stays.
  const released = releases.filter(({ type }) => type !== "none")
  expect(released.map(({ name }) => name).toSorted())
    .toEqual(publishedPackages(repositoryRoot).map(({ name }) => name).toSorted())
  expect(new Set(released.map(({ newVersion }) => newVersion)).size).toBe(1)
})

test("a changeset that names no package of the repository fails", () => {
  const root = repositoryWith("broken", { "tested.md": "---\n\"@holdfast/cor\": patch\n---\n\nSomething is mended.\n" })
  expect(run(root, "changeset", "status")).toMatchObject({
    status: 1,
    text: expect.stringContaining("not in the workspace")
  })
})

test("the repository's own changesets name packages that there are", () => {
  const paths = globSync(".changeset/*.md", { cwd: repositoryRoot })
  const texts = paths.map((path) => [basename(path), readFileSync(join(repositoryRoot, path), "utf8")] as const)
  expect(run(repositoryWith("own", Object.fromEntries(texts)), "changeset", "status")).toMatchObject({ status: 0 })
})
