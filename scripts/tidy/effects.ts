/**
 * The bans on what would slip past Effect: the clock, randomness and the console that no test can replace, failures
 * that the types do not show, and system calls outside the one file that orders them.
 */
import type { Node } from "oxc-parser"
import { ancestorsOf, type Place, type SourceFile } from "../sourceFile.ts"
import type { Rule } from "./rule.ts"
import { callsOf, importedNames, isArgumentOf, isFunctionNode } from "./syntax.ts"

const isInSources = (file: SourceFile): boolean => file.area === "src"

const clock: Rule = {
  id: "clock",
  why: "A test cannot move the machine's clock; take the time from Effect's Clock or DateTime.",
  *check(file) {
    if (!isInSources(file)) return
    for (const { node, path } of callsOf(file)) {
      if (path.join(".") === "Date.now") yield { line: file.lineOf(node.start), detail: "Date.now()" }
    }
    for (const { node } of file.places) {
      if (
        node.type === "NewExpression" && node.callee.type === "Identifier" && node.callee.name === "Date" &&
        node.arguments.length === 0
      ) yield { line: file.lineOf(node.start), detail: "new Date()" }
    }
  }
}

const randomness: Rule = {
  id: "randomness",
  why: "A failure that depends on Math.random cannot be replayed; take random values from Effect's Random.",
  *check(file) {
    if (!isInSources(file)) return
    for (const { node, path } of callsOf(file)) {
      if (path.join(".") === "Math.random") yield { line: file.lineOf(node.start), detail: "Math.random()" }
    }
  }
}

const consoleCalls: Rule = {
  id: "console",
  why: "A library that prints cannot be silenced by the app that uses it; log through Effect.",
  *check(file) {
    if (!isInSources(file)) return
    for (const { node, path } of callsOf(file)) {
      if (path[0] === "console") yield { line: file.lineOf(node.start), detail: `${path.join(".")}()` }
    }
  }
}

const orDie: Rule = {
  id: "or-die",
  why: "A failing disk is no broken invariant; keep the failure in the type.",
  *check(file) {
    if (!isInSources(file)) return
    for (const { node } of file.places) {
      if (node.type !== "MemberExpression" || node.property.type !== "Identifier") continue
      if (node.property.name.startsWith("orDie")) {
        yield { line: file.lineOf(node.property.start), detail: node.property.name }
      }
    }
  }
}

const promiseDoors: ReadonlySet<string> = new Set(["Effect.try", "Effect.tryPromise", "Effect.callback"])

/** Inside a callback of `Effect.try` and the like a promise or an exception is caught and typed. */
const isBehindDoor = (place: Place): boolean =>
  [place, ...ancestorsOf(place)].some((at) =>
    isFunctionNode(at.node) && isArgumentOf(at, (path) => promiseDoors.has(path.join(".")))
  )

const asyncWord = (node: Node): string | undefined => {
  if (isFunctionNode(node) && node.async) return "async"
  if (node.type === "AwaitExpression") return "await"
  if (node.type === "ForOfStatement" && node.await) return "for await"
  if (node.type === "TryStatement") return "try"
  return undefined
}

const asyncAndTry: Rule = {
  id: "async-and-try",
  why: "A rejected promise or an exception has no type; enter through Effect.try, tryPromise or callback.",
  *check(file) {
    // The binding to the test runner speaks promises by its nature.
    if (!isInSources(file) || /\/src\/testing\/vitest(\.ts$|\/)/.test(file.path)) return
    for (const place of file.places) {
      const word = asyncWord(place.node)
      if (word !== undefined && !isBehindDoor(place)) yield { line: file.lineOf(place.node.start), detail: word }
    }
  }
}

const durableNames: ReadonlySet<string> = new Set([
  "rename",
  "link",
  "sync",
  "fsync",
  "fdatasync",
  "datasync",
  "unlink",
  "truncate",
  "ftruncate",
  "copyFile"
])

const isDurableName = (name: string | undefined): boolean =>
  name !== undefined && durableNames.has(name.replace(/(.)Sync$/, "$1"))

const durableCalls: Rule = {
  id: "durable-calls",
  why: "The order of these system calls is what survives a power cut; only io/durable.ts makes them.",
  *check(file) {
    const place = /^packages\/adapter-fs\/src\/(.*)$/.exec(file.path)?.[1]
    if (place === undefined || place === "io/durable.ts" || place.startsWith("testing/")) return
    // `Effect.sync` and its like have a name in common with the system call and nothing else.
    const effectNames = importedNames(file, /^effect(\/|$)/)
    for (const { node, path } of callsOf(file)) {
      const isEffects = path.length === 2 && effectNames.has(path[0] ?? "")
      if (isDurableName(path.at(-1)) && !isEffects) {
        yield { line: file.lineOf(node.start), detail: `${path.join(".")}()` }
      }
    }
    for (const { node } of file.places) {
      if (node.type !== "ImportDeclaration" || !node.source.value.startsWith("node:fs")) continue
      for (const specifier of node.specifiers) {
        if (
          specifier.type === "ImportSpecifier" && "name" in specifier.imported && isDurableName(specifier.imported.name)
        ) {
          yield { line: file.lineOf(specifier.start), detail: `import of ${specifier.imported.name}` }
        }
      }
    }
  }
}

export const effectRules: ReadonlyArray<Rule> = [clock, randomness, consoleCalls, orDie, asyncAndTry, durableCalls]
