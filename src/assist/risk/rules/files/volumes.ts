// Rules about filesystems and volumes as a whole: made anew, shrunk, repaired, taken away, covered by others.

import { byTool, type FormRule, type Rewrite, say } from '../kit.ts'

const readOnly: Rewrite = (c, o) => say(c.name, '-n', ...o.operands)

export const VOLUME_RULES: readonly FormRule[] = [
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
