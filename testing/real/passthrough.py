"""A file system that shows a folder as it is, and fails where it is told to.

Arguments: the folder and the mount point. Each line of input is JSON: `faults` maps operations (`rename`, `link`,
`readdir`, `fsync`, ...) to the errno that they answer, `hold` is a pattern of the files whose sync waits until the
next line. Lines of output: `ready` once it is mounted, `set` after each line of input, `held` when a sync waits. Ends
with its input.
"""
import errno, json, os, re, sys, threading
import fusepy as fuse

folder, mount_point = sys.argv[1:]
told = {}
gates = [threading.Event()]


def say(what):
    os.write(1, (what + "\n").encode())


class Passthrough(fuse.Operations):
    def __call__(self, operation, path, *rest):
        if operation in ("init", "destroy"):
            return say("ready") if operation == "init" else None
        fault = told.get("faults", {}).get(operation)
        if fault:
            raise fuse.FuseOSError(fault)
        if operation == "fsync" and re.search(told.get("hold") or "$^", path):
            gate = gates[-1]
            say("held")
            gate.wait()
        try:
            return getattr(self, operation)(folder + path, *rest)
        except OSError as failure:
            raise fuse.FuseOSError(failure.errno)

    def getattr(self, path, fh=None):
        found = os.lstat(path)
        return {name: getattr(found, name) for name in dir(found) if name.startswith("st_")}

    def readdir(self, path, fh):
        return [".", "..", *os.listdir(path)]

    def statfs(self, path):
        found = os.statvfs(path)
        return {name: getattr(found, name) for name in dir(found) if name.startswith("f_")}

    def create(self, path, mode, fi=None):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    def truncate(self, path, length, fh=None):
        os.truncate(path, length)

    def read(self, path, size, offset, fh):
        return os.pread(fh, size, offset)

    def write(self, path, data, offset, fh):
        return os.pwrite(fh, data, offset)

    def utimens(self, path, times=None):
        os.utime(path, times)

    def fsyncdir(self, path, datasync, fh):
        opened = os.open(path, os.O_RDONLY)
        os.fsync(opened)
        os.close(opened)

    access = lambda self, path, mode: 0
    open = lambda self, path, flags: os.open(path, flags)
    fsync = lambda self, path, datasync, fh: os.fsync(fh)
    flush = lambda self, path, fh: 0
    release = lambda self, path, fh: os.close(fh)
    opendir = lambda self, path: 0
    releasedir = lambda self, path, fh: 0
    rename = lambda self, path, target: os.rename(path, folder + target)
    link = lambda self, path, source: os.link(folder + source, path)
    mkdir = lambda self, path, mode: os.mkdir(path, mode)
    rmdir = lambda self, path: os.rmdir(path)
    unlink = lambda self, path: os.unlink(path)
    chmod = lambda self, path, mode: os.chmod(path, mode)
    chown = lambda self, path, owner, group: os.chown(path, owner, group)


def obey():
    for line in sys.stdin:
        told.clear()
        told.update(json.loads(line))
        gates.append(threading.Event())
        gates[-2].set()
        say("set")
    os._exit(0)


threading.Thread(target=obey, daemon=True).start()
# Nothing is remembered by the kernel and nothing is hidden by the library: what the folder holds is what is seen.
fuse.FUSE(Passthrough(), mount_point, foreground=True, hard_remove=True, attr_timeout=0, entry_timeout=0)
