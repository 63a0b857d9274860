// What is known of the tools for disks, volumes and file systems.
import type { OwnTool } from './own-tool.ts'

export const DISKS: Readonly<Record<string, OwnTool>> = {
  findmnt: {
    does: 'Finds mounted file systems',
    options: {
      '-t --types =types': 'only file systems of these types',
      '-o --output =columns': 'these columns',
      '-T --target =path': 'the file system that holds this file or directory',
      '-S --source =device': 'of this device',
      '-l --list': 'as a list instead of a tree',
      '-J --json': 'as JSON',
      '--verify': 'checks /etc/fstab',
    },
    operands: ['the device or directory'],
  },
  mountpoint: {
    does: 'Tells whether a directory is a mount point',
    options: { '-q --quiet': 'prints nothing; the exit code says it' },
    operands: ['the directory'],
  },
  mkswap: {
    does: 'Prepares a disk or file as swap space; what is on it is lost',
    operands: ['the device or file'],
  },
  mke2fs: {
    does: 'Makes an ext2, ext3 or ext4 file system; everything on the disk is lost',
    options: {
      '-t =type': 'of this type',
      '-L =label': 'with this label',
      '-n': 'dry run: only prints what would happen',
    },
    operands: ['the disk or partition'],
  },
  e2fsck: {
    does: 'Checks and repairs an ext2, ext3 or ext4 file system',
    options: {
      '-f': 'forces a check',
      '-y': 'answers yes to all questions: repairs without asking',
      '-n': 'changes nothing',
      '-p': 'repairs what is safe to repair, without asking',
    },
    operands: ['the device'],
  },
  resize2fs: {
    does: 'Changes the size of an ext2, ext3 or ext4 file system',
    options: { '-M': 'shrinks it to the smallest size', '-p': 'shows the progress' },
    operands: ['the device', 'the new size; default all of the device'],
  },
  tune2fs: {
    does: 'Shows or changes settings of an ext2, ext3 or ext4 file system',
    options: {
      '-l': 'lists the settings',
      '-L =label': 'sets the label',
      '-m =percent': 'reserves this share for root',
      '-c =count': 'checks after this number of mounts',
    },
    operands: ['the device'],
  },
  wipefs: {
    does: 'Shows or erases the signatures of file systems on a device',
    options: {
      '-a --all': 'erases all signatures',
      '-n --no-act': 'dry run: erases nothing',
      '-f --force': 'even if it is mounted',
    },
    operands: ['the device'],
  },
  losetup: {
    does: 'Makes files usable as disks, by loop devices',
    options: {
      '-a --all': 'shows all loop devices',
      '-f --find': 'the first unused device',
      '-d --detach': 'detaches a device',
      '-P --partscan': 'looks for partitions',
    },
    operands: ['the device', 'the file'],
  },
  fallocate: {
    does: 'Reserves disk space for a file',
    options: {
      '-l --length =size': 'this much space',
      '-d --dig-holes': 'makes holes where a file has zeros',
      '-x --posix': 'works on every file system, slowly',
    },
    operands: ['the file'],
  },
  parted: {
    does: 'Creates, resizes and deletes partitions',
    options: { '-l --list': 'lists the partitions of all disks', '-s --script': 'never asks' },
    operands: ['the disk', 'what to do: print, mklabel, mkpart, rm, resizepart'],
  },
  mdadm: {
    does: 'Manages RAID arrays of disks',
    options: {
      '-D --detail': 'shows an array in detail',
      '-C --create': 'creates an array',
      '-A --assemble': 'starts an array',
      '-S --stop': 'stops an array',
      '-E --examine': 'shows what a disk says of its array',
    },
    operands: ['the array or disk'],
  },
  cryptsetup: {
    does: 'Manages encrypted disks',
    operands: [
      'what to do: luksFormat (everything on the disk is lost), open, close, luksDump, luksAddKey',
      'the device',
      'the name',
    ],
  },
  pvs: { does: 'Lists the physical volumes of LVM' },
  vgs: { does: 'Lists the volume groups of LVM' },
  lvs: { does: 'Lists the logical volumes of LVM' },
  pvcreate: { does: 'Makes a disk usable for LVM', operands: ['the disk or partition'] },
  vgcreate: { does: 'Creates a volume group of LVM', operands: ['name of the group', 'the disk'] },
  lvcreate: {
    does: 'Creates a logical volume of LVM',
    options: {
      '-L --size =size': 'of this size',
      '-l --extents =share': 'of this share, such as 100%FREE',
      '-n --name =name': 'with this name',
      '-s --snapshot': 'a snapshot of another volume',
    },
    operands: ['the volume group'],
  },
  lvextend: {
    does: 'Makes a logical volume of LVM larger',
    options: {
      '-L --size =size': 'to this size, or with + by so much',
      '-l --extents =share': 'by a share, such as +100%FREE',
      '-r --resizefs': 'makes the file system larger as well',
    },
    operands: ['the volume'],
  },
  lvremove: { does: 'Deletes a logical volume of LVM with everything on it', operands: ['the volume'] },
  hdparm: {
    does: 'Shows and changes settings of a disk',
    options: {
      '-I': 'information about the disk',
      '-t': 'measures how fast it reads',
      '-T': 'measures how fast the cache reads',
      '-y': 'puts it to sleep',
    },
    operands: ['the disk'],
  },
  smartctl: {
    does: 'Shows the health of a disk, as it reports itself',
    options: {
      '-a --all': 'everything',
      '-H --health': 'only whether it is healthy',
      '-i --info': 'information about the disk',
      '-t --test =kind': 'starts a test: short or long',
    },
    operands: ['the disk'],
  },
  iostat: {
    does: 'Reports the activity of processors and disks',
    options: {
      '-x': 'extended statistics',
      '-d': 'only disks',
      '-c': 'only processors',
      '-h': 'human-readable',
      '-m': 'in megabytes',
    },
    operands: ['seconds between reports', 'the number of reports'],
  },
  lsattr: {
    does: 'Lists the attributes of files, such as immutable',
    options: { '-R': 'recursively', '-a': 'includes hidden files', '-d': 'directories themselves' },
    operands: ['the file'],
  },
  chattr: {
    does: 'Changes the attributes of files',
    options: {
      '-R': 'recursively',
      '+i': 'immutable: nobody can change or delete the file',
      '-i': 'no longer immutable',
      '+a': 'append only',
      '-a': 'no longer append only',
    },
    operands: ['the file'],
  },
  getfacl: {
    does: 'Shows the access control list of a file',
    options: { '-R --recursive': 'recursively' },
    operands: ['the file'],
  },
  setfacl: {
    does: 'Changes the access control list of a file',
    options: {
      '-m --modify =entry': 'adds or changes this entry, such as u:ann:rw',
      '-x --remove =entry': 'removes this entry',
      '-b --remove-all': 'removes all entries',
      '-R --recursive': 'recursively',
      '-d --default': 'for what will be created in the directory',
    },
    operands: ['the file'],
  },
  getcap: {
    does: 'Shows the capabilities of programs',
    options: { '-r': 'recursively' },
    operands: ['the file'],
  },
  setcap: {
    does: 'Gives capabilities to a program',
    options: { '-r': 'removes them', '-v': 'verifies them' },
    operands: ['the capabilities', 'the program'],
  },
  md5sum: checksums('MD5'),
  sha1sum: checksums('SHA-1'),
  sha224sum: checksums('SHA-224'),
  sha256sum: checksums('SHA-256'),
  sha384sum: checksums('SHA-384'),
  sha512sum: checksums('SHA-512'),
  b2sum: checksums('BLAKE2'),
  cksum: {
    does: 'Prints CRC checksums and sizes of files',
    options: {
      '-a --algorithm =algorithm': 'another kind of checksum',
      '-c --check': 'verifies the checksums in a file',
    },
    operands: ['the file'],
  },
  logrotate: {
    does: 'Rotates, compresses and deletes log files',
    options: {
      '-d --debug': 'dry run: only prints what would happen',
      '-f --force': 'rotates even if it is not time',
      '-v --verbose': 'verbose',
    },
    operands: ['the configuration file'],
  },
}

function checksums(kind: string): OwnTool {
  return {
    does: `Prints or verifies the ${kind} checksums of files`,
    options: {
      '-c --check': 'verifies the checksums in a file',
      '-b --binary': 'reads files as binary',
      '-z --zero': 'ends lines with NUL',
      '--quiet': 'does not print OK for each file that is verified',
      '--status': 'prints nothing; the exit code says it',
      '--ignore-missing': 'ignores files that are missing',
      '--tag': 'in the format of BSD',
    },
    operands: ['the file'],
  }
}
