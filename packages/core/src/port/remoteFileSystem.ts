/**
 * Which file systems are remote, or might be: where locks and shared memory cannot be relied on.
 *
 * A pure table from what the system says of a mount to its name. What counts as remote is what somebody
 * else than this host's kernel may change, FUSE included, since nobody can tell what is behind it.
 */

/** What was observed of a folder's mount. */
export interface MountFacts {
  readonly platform: string
  readonly folder: string
  /** The type of the folder's file system as statfs gives it; 0 where it is not known. */
  readonly fileSystemType: number
}

/** File systems without reliable shared memory or locks, by the magic numbers of statfs(2) and of coreutils' stat. */
export const remoteFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xfe534d42, "SMB2"],
  [0xff534d42, "CIFS"],
  [0x01021997, "9P"],
  [0x65735546, "FUSE"],
  [0x5346414f, "AFS"],
  [0x73757245, "Coda"],
  [0x00c36400, "Ceph"],
  [0x564c, "NCP"],
  [0x01161970, "GFS2"],
  [0x7461636f, "OCFS2"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x19830326, "BeeGFS"],
  [0x6b414653, "kAFS"],
  [0xaad7aaea, "PanFS"],
  [0x61636673, "ACFS"],
  [0x20030528, "OrangeFS"],
  [0x7c7c6673, "Parallels shared folder"],
  [0xbeefdead, "StorNext"],
  [0xa501fcf5, "VxFS"],
  [0x013111a8, "IBRIX"],
  [0x786f4256, "VirtualBox shared folder"],
  [0xbacbacbc, "VMware shared folder"]
])

/** The name of the remote file system that a folder is on; none for local ones. */
export const remoteFileSystem = ({ fileSystemType, folder, platform }: MountFacts): string | undefined => {
  if (platform === "win32") return /^[\\/]{2}(?:[?.][\\/]UNC[\\/]|(?![?.][\\/]))/i.test(folder) ? "UNC path" : undefined
  // The numbers are Linux's; they are read as unsigned because some lie above the signed range.
  return platform === "linux" ? remoteFileSystems.get(fileSystemType >>> 0) : undefined
}
