// Rules about filesystems and volumes as a whole: made anew, shrunk, repaired, taken away, covered by others.

import type { Arg } from '../../model.ts'
import { byTool, type Rewrite, say } from '../rewrite.ts'
import { inPlace, matching, only, type Rule, tools, verb } from '../rule.ts'

const readOnly: Rewrite = (c, o) => say(c.name, '-n', ...o.operands)

/** Whether mount lays one file or directory over another. */
const bound = (args: readonly Arg[]) => args.some((arg) => /(?:^|,|--)r?bind(?:,|$)/.test(arg.text))

export const VOLUME_RULES: readonly Rule[] = [
  {
    id: 'disk-claim',
    level: 'critical',
    core: true,
    why: 'Sets the disk up for another use; everything on it is lost.',
    tools: tools('pvcreate pvremove scrub nwipe wipe zpool mdadm vgcreate bcache make-bcache lvconvert'),
    when: (c, o) => {
      if (c.name === 'zpool' && (!/^(?:create|add|replace|attach)$/.test(verb(o)) || !o.flag('f')))
        return undefined
      if (c.name === 'mdadm' && !o.flag('C', 'create')) return undefined
      return inPlace(c, o.operands, 'disk')
    },
    example: 'pvcreate -ff /dev/sda',
  },
  {
    id: 'volume-shrink',
    level: 'high',
    why: 'Changes a filesystem or device directly; with a wrong number everything on it is lost.',
    tools: tools('resize2fs debugfs xfs_repair btrfs dmsetup xfs_admin tune2fs e2image ntfsresize'),
    when: (c, o) => {
      switch (c.name) {
        case 'resize2fs':
          return o.operands.length > 1 || o.flag('M') !== undefined
        case 'debugfs':
          return only(o.flag('w'))
        case 'xfs_repair':
          return only(o.flag('L'))
        case 'btrfs':
          if (verb(o) === 'check') return only(o.flag('repair'))
          // A new size of `max` or `+…` can only grow the filesystem.
          return only(
            verb(o, 1) === 'resize' && !c.args.some((arg) => /^(?:\d+:)?(?:max$|\+)/.test(arg.text)),
          )
        case 'dmsetup':
          return only(/^remove/.test(verb(o)))
        case 'tune2fs':
          return only(o.flag('O') && c.args.some((arg) => /^\^/.test(arg.text)))
        case 'ntfsresize':
          return only(o.flag('s', 'size'))
        default:
          return undefined
      }
    },
    example: 'resize2fs /dev/sda1 5G',
  },
  {
    id: 'filesystem-repair',
    level: 'moderate',
    why: 'Repairs a filesystem without asking; on a mounted one that destroys it.',
    tools: tools('fsck e2fsck fsck.ext4 fsck.ext3 fsck.ext2 fsck.vfat fsck.xfs'),
    when: (_c, o) => only(o.flag('y', 'a', 'p')),
    safer: byTool({
      fsck: readOnly,
      e2fsck: readOnly,
      'fsck.ext4': readOnly,
      'fsck.ext3': readOnly,
      'fsck.ext2': readOnly,
    }),
    example: 'fsck -y /dev/sda1',
  },
  {
    id: 'device-release',
    level: 'moderate',
    why: 'Takes a device away from the programs that use it.',
    tools: tools('mdadm losetup eject vgchange'),
    when: (c, o) => {
      if (c.name === 'losetup') return only(o.flag('D', 'detach-all'))
      if (c.name === 'mdadm') return only(o.flag('S', 'stop', 'f', 'fail', 'r', 'remove'))
      if (c.name === 'vgchange')
        return only(/-a ?n|--activate[= ]n/.test(c.args.map((arg) => arg.text).join(' ')))
      return undefined
    },
    example: 'mdadm --stop /dev/md0',
  },
  {
    id: 'mount-over-system',
    level: 'high',
    why: 'Mounts something over a directory from which the system runs, which hides its files.',
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
    example: 'mount --bind /tmp /etc',
  },
  {
    id: 'mount-read-only',
    level: 'moderate',
    why: 'Makes a filesystem read-only; programs that write there fail from now on.',
    tools: tools('mount'),
    when: (c, o) =>
      only(
        c.args.some((arg) => /remount/.test(arg.text) && /(?:^|,)ro(?:,|$)/.test(arg.text)),
        inPlace(c, o.operands, 'root', 'system', 'home'),
      ),
    example: 'mount -o remount,ro /',
  },
]
