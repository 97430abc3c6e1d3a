/**
 * The program that stands for another process in the conformance laws: a file store, served over its standard
 * input and output. Its argument is the store's options as JSON. It ends with its input.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import { FsAdapter } from "@holdfast/adapter-fs"
import { serveOverStdio } from "@holdfast/core/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const options = JSON.parse(process.argv[2] ?? "{}") as FsAdapter.FsOptions

const platform = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer)

await Effect.runPromise(Effect.provide(
  serveOverStdio(Effect.provide(FsAdapter.make(options), platform)),
  NodeStdio.layer
))
