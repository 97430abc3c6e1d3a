/** The file adapter with each protocol and each reach of its locks. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { FsAdapter } from "@holdfast/adapter-fs"
import * as Layer from "effect/Layer"
import { openStore } from "./holdfast.ts"
import type { Open } from "./Subject.ts"

type Choice = Required<Pick<FsAdapter.FsOptions, "commit" | "compareAndSet">>

const platform = Layer.merge(NodeFileSystem.layer, NodePath.layer)

const openWith = (choice: Choice): Open => (directory) =>
  openStore(Layer.provide(FsAdapter.layer({ ...choice, directory }), platform))

export const renameOpen = openWith({ commit: "rename", compareAndSet: "process" })
export const slotsOpen = openWith({ commit: "slots", compareAndSet: "process" })
export const renameHostOpen = openWith({ commit: "rename", compareAndSet: "host" })
export const slotsHostOpen = openWith({ commit: "slots", compareAndSet: "host" })
