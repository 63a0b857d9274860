// Rules about filesystems and volumes as a whole: made anew, shrunk, repaired, taken away, covered by others.

import type { Arg } from '../../model.ts'
import { byTool, type Rewrite, say } from '../rewrite.ts'
import { inPlace, matching, only, type Rule, tools, verb } from '../rule.ts'

const readOnly: Rewrite = (c, o) => say(c.name, '-n', ...o.operands)

/** A file or directory laid over another. */
const bound = (args: readonly Arg[]) => args.some((arg) => /(?:^|,|--)r?bind(?:,|$)/.test(arg.text))

export const VOLUME_RULES: readonly Rule[] = [
  {
    id: 'disk-claim',
    level: 'critical',
    core: true,
    why: 'Takes the disk for something else; what is on it is lost.',
    tools: tools('pvcreate pvremove scrub nwipe wipe zpool mdadm vgcreate bcache make-bcache lvconvert'),
    when: (c, o) => {
      if (c.name === 'zpool' && (!/^(?:create|add|replace|attach)$/.test(verb(o)) || !o.flag('f')))
        return undefined
      if (c.name === 'mdadm' && !o.flag('C', 'create')) return undefined
      return inPlace(c, o.operands, 'disk')
    },
    safer: 'lsblk -f',
    examples: {
      risky: [
        'pvcreate -ff /dev/sda',
        'scrub /dev/sda',
        'zpool create -f tank /dev/sda /dev/sdb',
        'mdadm --create /dev/md0 --level=1 /dev/sda /dev/sdb',
      ],
      harmless: ['pvs', 'pvdisplay /dev/sda', 'zpool status', 'mdadm --detail /dev/md0', 'zpool scrub tank'],
    },
  },
  {
    id: 'volume-shrink',
    level: 'high',
    why: 'Changes a filesystem from below: one mistake in the numbers loses what is in it.',
    tools: tools('resize2fs debugfs xfs_repair btrfs dmsetup xfs_admin tune2fs e2image ntfsresize'),
    when: (c, o) => {
      switch (c.name) {
        case 'resize2fs':
          return o.operands.length > 1 || o.flag('M') !== undefined
        case 'debugfs':
          return only(o.flag('w'), true)
        case 'xfs_repair':
          return only(o.flag('L'), true)
        case 'btrfs':
          if (verb(o) === 'check') return only(o.flag('repair'), true)
          // It can only grow where it is to take all there is, or more.
          return only(
            verb(o, 1) === 'resize' && !c.args.some((arg) => /^(?:\d+:)?(?:max$|\+)/.test(arg.text)),
            true,
          )
        case 'dmsetup':
          return only(/^remove/.test(verb(o)), true)
        case 'tune2fs':
          return only(o.flag('O') && c.args.some((arg) => /^\^/.test(arg.text)), true)
        case 'ntfsresize':
          return only(o.flag('s', 'size'), true)
        default:
          return undefined
      }
    },
    examples: {
      risky: [
        'resize2fs /dev/sda1 5G',
        'debugfs -w /dev/sda1',
        'xfs_repair -L /dev/sda1',
        'btrfs check --repair /dev/sda1',
        'btrfs filesystem resize -10G /data',
      ],
      harmless: [
        'resize2fs /dev/sda1',
        'debugfs /dev/sda1',
        'btrfs check /dev/sda1',
        'btrfs filesystem resize max /data',
        'tune2fs -l /dev/sda1',
        'dmsetup ls',
      ],
    },
  },
  {
    id: 'filesystem-repair',
    level: 'moderate',
    why: 'Repairs without asking; on a mounted filesystem that destroys it.',
    tools: tools('fsck e2fsck fsck.ext4 fsck.ext3 fsck.ext2 fsck.vfat fsck.xfs'),
    when: (_c, o) => only(o.flag('y', 'a', 'p'), true),
    safer: byTool({
      fsck: readOnly,
      e2fsck: readOnly,
      'fsck.ext4': readOnly,
      'fsck.ext3': readOnly,
      'fsck.ext2': readOnly,
    }),
    examples: {
      risky: ['fsck -y /dev/sda1', 'e2fsck -fy /dev/sda1', 'sudo fsck.ext4 -p /dev/sdb2'],
      harmless: ['fsck -n /dev/sda1', 'e2fsck -n /dev/sda1', 'fsck --version'],
    },
  },
  {
    id: 'device-release',
    level: 'moderate',
    why: 'Takes a device away from whatever uses it.',
    tools: tools('mdadm losetup eject vgchange'),
    when: (c, o) => {
      if (c.name === 'losetup') return only(o.flag('D', 'detach-all'), true)
      if (c.name === 'mdadm') return only(o.flag('S', 'stop', 'f', 'fail', 'r', 'remove'), true)
      if (c.name === 'vgchange')
        return only(/-a ?n|--activate[= ]n/.test(c.args.map((arg) => arg.text).join(' ')), true)
      return undefined
    },
    examples: {
      risky: ['mdadm --stop /dev/md0', 'losetup -D', 'vgchange -an vg0', 'mdadm /dev/md0 --fail /dev/sda1'],
      harmless: ['mdadm --detail /dev/md0', 'losetup -a', 'vgchange -ay', 'eject'],
    },
  },
  {
    id: 'mount-over-system',
    level: 'high',
    why: 'Covers a directory the system runs from with another.',
    tools: tools('mount'),
    when: (c, o) =>
      only(
        !c.args.some((arg) => /remount/.test(arg.text)) &&
          !matching(o.operands, /^(?:proc|sysfs|devtmpfs|devpts|efivarfs|cgroup2?)$/).length,
        inPlace(
          c,
          o.operands.slice(1).slice(-1),
          'root',
          'system',
          ...(bound(c.args) ? (['inside-system'] as const) : []),
        ).filter((arg) => !/^\/(?:boot(?:\/efi)?|home|proc|sys|dev|run)\/*$/.test(arg.text)),
      ),
    examples: {
      risky: [
        'mount --bind /tmp /etc',
        'mount -t tmpfs tmpfs /etc',
        'mount -t tmpfs none /usr',
        'mount -o bind /bin/sh /bin/mount',
      ],
      harmless: [
        'mount /dev/sdb1 /mnt',
        'mount -t proc proc /proc',
        'mount /boot',
        'mount /dev/sda2 /home',
        'mount -a',
      ],
    },
  },
  {
    id: 'mount-read-only',
    level: 'moderate',
    why: 'Programs that write there fail from now on.',
    tools: tools('mount'),
    when: (c, o) =>
      only(
        c.args.some((arg) => /remount/.test(arg.text) && /(?:^|,)ro(?:,|$)/.test(arg.text)),
        inPlace(c, o.operands, 'root', 'system', 'home'),
      ),
    examples: {
      risky: ['mount -o remount,ro /'],
      harmless: ['mount -o remount,rw /', 'mount -o ro /dev/sdb1 /mnt'],
    },
  },
]
