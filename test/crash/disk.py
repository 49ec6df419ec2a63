"""disk - an ext4 file system in a file, which can lose power. Needs root and loop devices."""
import fcntl
import os
import struct
import subprocess

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
WITHOUT_THE_LOG = 2    # what was not synced is lost


class Disk:
    def __init__(self, case, folder, megabytes):
        self.image, self.path = folder / "disk.img", folder / "disk"
        self.path.mkdir()
        with open(self.image, "wb") as f:
            f.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True)
        self.mount()
        case.addCleanup(self.unmount)

    def mount(self):
        done = subprocess.run(["mount", "-o", "loop", str(self.image), str(self.path)], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"this test mounts a disk image, which needs root: {done.stderr}")

    def unmount(self):
        if os.path.ismount(self.path):
            subprocess.run(["umount", str(self.path)], check=True)

    def cut_power(self):
        """From now on nothing reaches the disk; what was written and not synced never did."""
        fd = os.open(self.path, os.O_RDONLY)
        fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", WITHOUT_THE_LOG))
        os.close(fd)

    def give_power(self):
        self.unmount()
        self.mount()
