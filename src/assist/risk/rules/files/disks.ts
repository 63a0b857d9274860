// Rules about disks, partitions, filesystems and volumes: erased, made anew, shrunk, repaired, taken away, covered by others.

import type { Options } from '../../line/options.ts'
import { isUnresolved, resolvePath } from '../../line/paths.ts'
import { type Arg, baseName, type SimpleCommand } from '../../model.ts'
import { byTool, isOpaque, type Rewrite, type Rules, say } from '../kit.ts'

const MKFS =
  'mkfs|mkfs.ext2|mkfs.ext3|mkfs.ext4|mkfs.xfs|mkfs.btrfs|mkfs.vfat|mkfs.fat|mkfs.ntfs|mkfs.exfat|mkfs.f2fs|mkfs.jfs|mkfs.reiserfs|mkfs.minix|mkfs.msdos|mke2fs|mkntfs|mkexfatfs|mkdosfs|mkswap'

/** `mke2fs -n` only shows what it would make; for other mkfs tools -n means something else. */
const trial = (_arg: Arg, { name }: SimpleCommand, o: Options): boolean =>
  /^mk(?:e2fs|fs\.ext[234])$/.test(name) && o.flag('n') !== undefined

/** A disk or a partition beyond the first of its kind, on which the system of most machines is. */
const SPARE = /^\/dev\/(?:(?:s|h|v|xv)d[b-z]|(?:nvme|mmcblk|r?disk)[1-9])\w*$/
/** A volume of LVM, LUKS or ZFS; the system may be on any. */
const VOLUME = /^\/dev\/(?!disk|block)[\w-]+\/[\w.+-]+$/

/** Whether the disk is neither the first one nor, as far as is known, mounted; a volume where it is known not to be. */
const spare = ({ text }: Arg, { scope }: SimpleCommand): boolean => {
  const path = text.replace(/^of=/, '')
  const isMounted = scope.machine?.isMounted?.(path)
  return SPARE.test(path) ? isMounted !== true : VOLUME.test(path) && isMounted === false
}

const readOnly: Rewrite = (c, o) => say(c.name, '-n', ...o.operands)

export const DISK_RULES: Rules = [
  {
    id: 'disk-write',
    level: 'critical',
    core: true,
    why: 'Writes straight onto a disk; everything on it is lost.',
    finds: '* changes!<spare>@disk',
    named: { spare },
    example: 'dd if=/dev/zero of=/dev/sda',
  },
  {
    id: 'spare-disk',
    level: 'high',
    why: 'Writes straight onto a disk, or makes a new filesystem on it; everything on it is lost.',
    finds: `
      !~trial
      * changes<spare>@disk
      ${MKFS} operands<spare>@disk`,
    named: { spare, trial },
    yields: true,
    example: 'mkfs.vfat /dev/sdc1',
  },
  {
    id: 'disk-format',
    level: 'critical',
    core: true,
    why: 'Makes a new filesystem; everything on the disk is lost.',
    finds: `${MKFS} operands!<spare>@disk !~trial`,
    named: { spare, trial },
    example: 'mkfs.ext4 /dev/sda1',
  },
  {
    id: 'disk-format-unknown',
    level: 'high',
    why: 'Makes a new filesystem on a device that the line does not name.',
    finds: `${MKFS} <unnamed>`,
    named: { unnamed: ({ text }) => isUnresolved(text) || /^\/dev\/(?:loop|ram)\d/.test(text) },
    example: 'mkfs.ext4 "$DEV"',
  },
  {
    id: 'disk-write-unknown',
    level: 'high',
    why: 'Overwrites a target that the line does not show.',
    finds: 'dd|dcfldd writes<unseen>',
    named: { unseen: (arg) => isOpaque(arg) || (isUnresolved(arg.text) && arg.text.startsWith('/dev/')) },
    example: 'dd if=x of=$DISK',
  },
  {
    id: 'disk-wipe',
    level: 'critical',
    core: true,
    why: 'Erases a disk’s content, partition table or encryption keys.',
    finds: `
      wipefs * -a|--all|-o|--offset !-n|--no-act
      blkdiscard *
      sgdisk --zap*|--clear*|--delete*|--load-backup*|--replicate*|-Z*|-z*|-o*|-d*|-l*|-R*
      sfdisk @disk !-l|-d|-J|-V|-s|--list|--dump|--json|--verify|-F|-T|-h|--help|-v|--version
      parted … mklabel|mktable|rm|mkpart
      cryptsetup … luksFormat|erase|luksErase|luksKillSlot|luksRemoveKey|reencrypt
      hdparm --security-erase*|--trim-sector*|--make-bad-sector*
      nvme … format|sanitize|write-zeroes|delete-ns
      systemd-repart --empty=force --dry-run=n*|f*|0|off
      badblocks @disk -w
      mdadm --zero-superblock
      bcachefs format
      bcachefs device remove
      zpool destroy|labelclear
      dmsetup … remove_all|wipe_table`,
    example: 'wipefs -a /dev/sda',
  },
  {
    id: 'partition-editor',
    level: 'high',
    why: 'Opens a partition editor on a disk.',
    finds: 'fdisk|cfdisk|gdisk|parted|gparted @disk !-l|--list !print',
    example: 'fdisk /dev/sda',
  },
  {
    id: 'volume-remove',
    level: 'high',
    why: 'Removes a logical volume, dataset or snapshot with everything in it.',
    finds: `
      lvremove|vgremove|pvremove|lvreduce !-t|--test
      lvconvert --merge|--mergesnapshot !-t|--test
      zfs destroy|rollback !-n
      zfs receive|recv -F
      btrfs subvolume|sub|su del*`,
    example: 'lvremove -f vg/lv',
  },
  {
    id: 'unmount-every',
    level: 'high',
    why: 'Unmounts every filesystem, or switches off all swap, under the programs that use them.',
    finds: 'umount|swapoff -a|--all !-t|--types',
    example: 'umount -a -f',
  },
  {
    id: 'unmount-all',
    level: 'moderate',
    why: 'Unmounts filesystems or switches off swap that running programs use.',
    finds: `
      umount|swapoff -a|--all|-f|-l|--force|--lazy
      umount @root|system|home`,
    yields: true,
    example: 'umount -l /mnt',
  },
  {
    id: 'kernel-memory',
    level: 'critical',
    why: 'Makes the kernel crash, reboot or kill processes at once.',
    finds: '* writes<trigger>',
    named: { trigger: /^\/proc\/sysrq-trigger$/ },
    example: 'echo c > /proc/sysrq-trigger',
  },
  {
    id: 'fill-disk',
    level: 'moderate',
    why: 'Writes without end, until the disk is full or somebody stops it.',
    finds: `
      yes into<file>?
      cat|dd words<endless>? writes<file>? !count=*`,
    named: {
      endless: /^(?:if=)?\/dev\/(?:zero|u?random|full)$/,
      file: ({ text }, { name, scope }) =>
        name === 'yes' ||
        (!/^\/dev\/(?:null|stdout)$/.test(resolvePath(text, scope)) && baseName(text) !== ''),
    },
    example: 'yes > file',
  },
  {
    id: 'disk-claim',
    level: 'critical',
    core: true,
    why: 'Sets the disk up for another use; everything on it is lost.',
    finds: `
      pvcreate|pvremove|scrub|nwipe|wipe|vgcreate|bcache|make-bcache|lvconvert @disk
      zpool create|add|replace|attach @disk -f
      mdadm @disk -C|--create`,
    example: 'pvcreate -ff /dev/sda',
  },
  {
    id: 'volume-shrink',
    level: 'high',
    why: 'Changes a filesystem or device directly; with a wrong number everything on it is lost.',
    finds: `
      resize2fs * *
      resize2fs -M
      debugfs -w
      xfs_repair -L
      btrfs check --repair
      btrfs * resize !max|+*|*:max|*:+*
      dmsetup remove*
      systemd-repart --dry-run=n*|f*|0|off
      drbdadm invalidate|wipe-md|create-md
      tune2fs -O … ^*
      ntfsresize -s|--size`,
    example: 'resize2fs /dev/sda1 5G',
  },
  {
    id: 'filesystem-repair',
    level: 'moderate',
    why: 'Repairs a filesystem without asking; on a mounted one that destroys it.',
    finds: 'fsck|e2fsck|fsck.ext4|fsck.ext3|fsck.ext2|fsck.vfat|fsck.xfs -y|-a|-p',
    safer: byTool({ 'fsck|e2fsck|fsck.ext4|fsck.ext3|fsck.ext2': readOnly }),
    example: 'fsck -y /dev/sda1',
  },
  {
    id: 'device-release',
    level: 'moderate',
    why: 'Takes a device away from the programs that use it.',
    finds: `
      losetup -D|--detach-all
      multipath -F
      iscsiadm -u|--logout|--logoutall
      nvme disconnect|disconnect-all|detach-ns|reset|subsystem-reset
      drbdadm down|detach|disconnect|secondary
      mdadm -S|--stop|-f|--fail|-r|--remove
      vgchange|lvchange -a -n
      vgchange|lvchange --activate=n
      vgchange|lvchange … n -a|--activate`,
    example: 'mdadm --stop /dev/md0',
  },
  {
    id: 'mount-over-system',
    level: 'high',
    why: 'Mounts something over a directory from which the system runs, which hides its files.',
    finds: `
      mount * * last@root|system!<usual> !words<kernels>
      mount * * last@inside-system!<usual> !words<kernels> words<binds>?`,
    named: {
      kernels: /remount|^(?:proc|sysfs|devtmpfs|devpts|efivarfs|cgroup2?)$/,
      binds: /(?:^|,|--)r?bind(?:,|$)/,
      usual: /^\/(?:boot(?:\/efi)?|home|proc|sys|dev|run)\/*$/,
    },
    example: 'mount --bind /tmp /etc',
  },
  {
    id: 'mount-read-only',
    level: 'moderate',
    why: 'Makes a filesystem read-only; programs that write there fail or wait from now on.',
    finds: `
      mount @root|system|home words<sealed>
      fsfreeze|xfs_freeze @root|system|home -f|--freeze`,
    named: { sealed: /remount.*,ro(?:,|$)|(?:^|,)ro,.*remount/ },
    example: 'mount -o remount,ro /',
  },
]
