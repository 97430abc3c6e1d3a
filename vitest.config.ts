// The test projects: `unit` is part of `npm test`, `slow` (`*.slow.test.ts`: long searches over processes and kernel file
// systems, whole explorations) has its own command, and `portable` is `unit` without what needs Linux and root, for the
// other systems. All resolve the packages to their sources, so no test waits for a build.
import { matchesGlob, relative } from "node:path"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const conditions = ["@holdfast/source"]
const tests = ["packages/*/test/**/*.test.ts", "scripts/test/**/*.test.ts"]
const slowTests = ["packages/*/test/**/*.slow.test.ts", "scripts/test/**/*.slow.test.ts"]
// The one rule of what needs Linux, root, strace and FUSE: it lies in a folder `real`, beside what starts the programs.
export const linuxTests = ["packages/*/test/**/real/**/*.test.ts"]
const neverTests = ["**/node_modules/**", "**/dist/**", "scripts/test/fixtures/**"]

// A clone that has not run them yet would order the files by their size. The longest ones are among the smallest, and one
// that starts last keeps a single core busy to the end.
const longTests = [
  "packages/*/test/conformance.test.ts",
  "packages/*/test/purge.test.ts",
  "packages/*/test/crash/explore.test.ts",
  "packages/*/test/real/*.test.ts",
  "packages/*/test/**/*.law.test.ts"
]

const rankOf = ({ moduleId }: TestSpecification): number => {
  const path = relative(import.meta.dirname, moduleId)
  const rank = longTests.findIndex((pattern) => matchesGlob(path, pattern))
  return rank === -1 ? longTests.length : rank
}

class LongTestsFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await BaseSequencer.prototype.sort.call(this, files)
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other))
  }
}

export default defineConfig({
  resolve: { conditions: [...conditions, "module", "node", "development|production"] },
  ssr: { resolve: { conditions: [...conditions, "module", "node", "development|production"] } },
  test: {
    sequence: { concurrent: true, sequencer: LongTestsFirst },
    // Many tests wait for disks and other processes. Vitest by itself leaves a core free: of two it would use one.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          // Loading Effect once for all files halves the time; no test keeps state in a module.
          isolate: false,
          include: tests,
          exclude: [...neverTests, ...slowTests],
          globalSetup: ["./scripts/testTools.ts"],
          typecheck: {
            enabled: true,
            include: ["packages/*/test/**/*.test-d.ts"],
            tsconfig: "tsconfig.typetest.json"
          }
        }
      },
      {
        extends: true,
        test: {
          name: "portable",
          isolate: false,
          include: tests,
          exclude: [...neverTests, ...slowTests, ...linuxTests]
        }
      },
      {
        extends: true,
        test: {
          name: "slow",
          include: slowTests,
          exclude: neverTests,
          globalSetup: ["./scripts/testTools.ts"],
          testTimeout: 1_800_000,
          hookTimeout: 300_000
        }
      }
    ]
  }
})
