// Rules about disks, partitions, filesystems and volumes.

import { isUnresolved, resolvePath } from '../../line/paths.ts'
import { baseName } from '../../model.ts'
import { byTool, rather } from '../rewrite.ts'
import { inPlace, isOpaque, matching, only, type Rule, tools } from '../rule.ts'
import { overwritten } from '../targets.ts'

const MKFS = tools(
  'mkfs mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.fat mkfs.ntfs mkfs.exfat mkfs.f2fs mkfs.jfs mkfs.reiserfs mkfs.minix mkfs.bfs mkfs.cramfs mkfs.msdos mke2fs mkntfs mkexfatfs mkdosfs mkswap newfs',
)

export const DISK_RULES: readonly Rule[] = [
  {
    id: 'disk-write',
    level: 'critical',
    core: true,
    why: 'Writes straight onto a disk; everything on it is lost.',
    tools: ['*'],
    when: (c, o) =>
      inPlace(
        c,
        overwritten(c, o).concat(
          c.redirections.filter((r) => r.operator === '>>' || r.operator === '<>').map((r) => r.target),
        ),
        'disk',
      ),
    safer: 'lsblk -f',
    examples: {
      risky: [
        'dd if=/dev/zero of=/dev/sda',
        'cat x.iso > /dev/sdb',
        'cp x.img /dev/nvme0n1',
        'shred -n 1 /dev/sda1',
        'dd of=/dev/disk/by-id/x if=y',
        'echo x | tee /dev/sda',
        '{ echo; } > /dev/sda',
        'pv x | sudo dd of=/dev/mmcblk0',
        ': >/dev/vda',
        'dd if=x of=/dev/sd*',
      ],
      harmless: [
        'dd if=/dev/sda of=backup.img',
        'cat x > /dev/null',
        'dd if=/dev/zero of=file bs=1M count=1',
        'lsblk /dev/sda',
        'echo x > /dev/stderr',
      ],
    },
  },
  {
    id: 'disk-format',
    level: 'critical',
    core: true,
    why: 'Makes a new filesystem; everything on the disk is lost.',
    tools: MKFS,
    // `mke2fs -n` only shows what it would make; its relatives have no such option under that letter.
    when: (c, o) =>
      only(!(/^mk(?:e2fs|fs\.ext[234])$/.test(c.name) && o.flag('n')), inPlace(c, o.operands, 'disk')),
    safer: 'lsblk -f',
    examples: {
      risky: [
        'mkfs.ext4 /dev/sda1',
        'mkfs.vfat -n DATA /dev/sda1',
        'mkfs -t xfs /dev/sdb',
        'sudo mkswap /dev/sda2',
        '/sbin/mke2fs /dev/vdb',
      ],
      harmless: ['mkfs.ext4 disk.img', 'mkfs.ext4 -h', 'mke2fs -n /dev/sdb1'],
    },
  },
  {
    id: 'disk-format-unknown',
    level: 'high',
    why: 'Makes a new filesystem on a device the text does not name.',
    tools: MKFS,
    when: (_c, o) =>
      o.operands.filter((arg) => isUnresolved(arg.text) || /^\/dev\/(?:loop|ram)\d/.test(arg.text)),
    safer: 'lsblk -f',
    examples: { risky: ['mkfs.ext4 "$DEV"', 'mkfs.ext4 /dev/loop0'], harmless: ['mkfs.ext4 disk.img'] },
  },
  {
    id: 'disk-write-unknown',
    level: 'high',
    why: 'Writes over a target the text does not show.',
    tools: tools('dd dcfldd'),
    when: (c, o) =>
      overwritten(c, o).filter(
        (arg) => isOpaque(arg) || (isUnresolved(arg.text) && arg.text.startsWith('/dev/')),
      ),
    safer: 'lsblk -f',
    examples: {
      risky: ['dd if=x of=$DISK', 'dd if=/dev/zero of=/dev/$d'],
      harmless: ['dd if=x of="$HOME/x.img"', 'dd if=$A of=out.img'],
    },
  },
  {
    id: 'disk-wipe',
    level: 'critical',
    core: true,
    why: 'Erases a disk’s content, partition table or encryption keys.',
    tools: tools(
      'wipefs blkdiscard sgdisk sfdisk parted cryptsetup hdparm nvme badblocks mdadm diskutil zpool dmsetup bcachefs',
    ),
    when: (c, o) => {
      const all = c.args.map((arg) => arg.text).join(' ')
      switch (c.name) {
        case 'wipefs':
          return only(o.flag('a', 'all', 'o', 'offset') && !o.flag('n', 'no-act'), o.operands.length > 0)
        case 'blkdiscard':
          return o.operands.length > 0
        case 'sgdisk':
          // What stands behind -b or -g is the name of a backup.
          return c.args.some(
            ({ text }) =>
              /^--(?:zap|clear|delete|load-backup|replicate)/.test(text) || /^-[ZzodlR]/.test(text),
          )
        case 'sfdisk':
          return only(
            !o.flag(
              'l',
              'd',
              'J',
              'V',
              's',
              'list',
              'dump',
              'json',
              'verify',
              'F',
              'T',
              'h',
              'help',
              'v',
              'version',
            ),
            inPlace(c, o.operands, 'disk'),
          )
        case 'parted':
          return only(/\b(?:mklabel|mktable|rm|mkpart)\b/.test(all), true)
        case 'cryptsetup':
          return only(/\b(?:luksFormat|erase|luksErase|luksKillSlot|reencrypt)\b/.test(all), true)
        case 'hdparm':
          return only(/--(?:security-erase|trim-sector|make-bad-sector)/.test(all), true)
        case 'nvme':
          return only(/\b(?:format|sanitize|write-zeroes)\b/.test(all), true)
        case 'badblocks':
          return only(o.flag('w'), inPlace(c, o.operands, 'disk'))
        case 'mdadm':
          return only(/--zero-superblock/.test(all), true)
        case 'diskutil':
          return only(/\b(?:erase\w*|partitionDisk|secureErase|zeroDisk|deleteContainer)\b/i.test(all), true)
        case 'bcachefs':
          return only(/^(?:format|device remove)\b/.test(all), true)
        case 'zpool':
          return only(/^(?:destroy|labelclear)\b/.test(all), true)
        case 'dmsetup':
          return only(/\b(?:remove_all|wipe_table)\b/.test(all), true)
        default:
          return undefined
      }
    },
    safer: 'lsblk -f',
    examples: {
      risky: [
        'wipefs -a /dev/sda',
        'blkdiscard /dev/nvme0n1',
        'sgdisk --zap-all /dev/sda',
        'sgdisk -l sda.bak /dev/sda',
        'parted /dev/sda mklabel gpt',
        'cryptsetup luksFormat /dev/sda2',
        'hdparm --security-erase x /dev/sda',
        'nvme format /dev/nvme0n1',
        'zpool destroy tank',
        'sfdisk /dev/sda < x',
        'diskutil eraseDisk JHFS+ X disk2',
        'badblocks -w /dev/sdb',
      ],
      harmless: [
        'wipefs /dev/sda',
        'parted -l',
        'parted /dev/sda print',
        'sfdisk -d /dev/sda',
        'cryptsetup status x',
        'nvme list',
        'zpool status',
        'sgdisk -p /dev/sda',
        'sgdisk -b=sda.bak /dev/sda',
        'sgdisk --backup=zap.bak /dev/sda',
        'badblocks -s /dev/sdb',
        'dmsetup ls',
      ],
    },
  },
  {
    id: 'partition-editor',
    level: 'high',
    why: 'Opens a partition editor on a disk.',
    tools: tools('fdisk cfdisk gdisk parted gparted'),
    when: (c, o) =>
      only(
        !o.flag('l', 'list') && !c.args.some((arg) => arg.text === 'print'),
        inPlace(c, o.operands, 'disk'),
      ),
    safer: rather('fdisk', '-l'),
    examples: {
      risky: ['fdisk /dev/sda', 'sudo cfdisk /dev/nvme0n1'],
      harmless: ['fdisk -l', 'fdisk -l /dev/sda', 'sudo parted /dev/sda print'],
    },
  },
  {
    id: 'volume-remove',
    level: 'high',
    why: 'Removes a logical volume, dataset or snapshot with what is in it.',
    tools: tools('lvremove vgremove pvremove zfs btrfs lvreduce'),
    when: (c, o) => {
      if (/^(?:lv|vg|pv)/.test(c.name) && o.flag('t', 'test')) return undefined
      if (c.name === 'zfs') return only(/^(?:destroy|rollback)$/.test(c.args[0]?.text ?? ''), true)
      if (c.name === 'btrfs')
        return only(
          /^(?:subvolume|sub|su)$/.test(c.args[0]?.text ?? '') && /^del/.test(c.args[1]?.text ?? ''),
          true,
        )
      return c.args.length > 0
    },
    safer: byTool({
      lvremove: 'lvs',
      vgremove: 'vgs',
      pvremove: 'pvs',
      lvreduce: 'lvs',
      'zfs destroy': 'zfs list -t all',
      'zfs rollback': 'zfs list -t snapshot',
      btrfs: 'btrfs subvolume list .',
    }),
    examples: {
      risky: ['lvremove -f vg/lv', 'zfs destroy -r tank/data', 'btrfs subvolume delete x'],
      harmless: ['zfs list', 'btrfs filesystem df /', 'lvs', 'lvremove -t vg/lv'],
    },
  },
  {
    id: 'unmount-all',
    level: 'moderate',
    why: 'Takes filesystems or swap away from everything that runs.',
    tools: tools('umount swapoff'),
    when: (c, o) =>
      o.flag('a', 'all') ? true : inPlace(c, c.name === 'umount' ? o.operands : [], 'root', 'system', 'home'),
    safer: 'findmnt',
    examples: {
      risky: ['umount -a', 'swapoff -a', 'umount -l /home'],
      harmless: ['umount /mnt/usb', 'swapoff /swapfile'],
    },
  },
  {
    id: 'kernel-memory',
    level: 'critical',
    why: 'Makes the kernel crash, reboot or kill processes at once.',
    tools: ['*'],
    when: (c, o) => matching(overwritten(c, o), /^\/proc\/sysrq-trigger$/),
    examples: {
      risky: ['echo c > /proc/sysrq-trigger', 'echo b | sudo tee /proc/sysrq-trigger'],
      harmless: ['cat /proc/sysrq-trigger', 'cat /proc/cpuinfo'],
    },
  },
  {
    id: 'fill-disk',
    level: 'moderate',
    why: 'Writes without end until the disk is full.',
    tools: tools('yes cat dd'),
    when: (c, o) => {
      if (c.name === 'yes')
        return only(
          c.redirections.some((r) => r.operator.startsWith('>') && !/^\/dev\/null$/.test(r.target.text)),
          true,
        )
      const endless = /^(?:if=)?\/dev\/(?:zero|u?random|full)$/
      const source = c.args.some((arg) => endless.test(arg.text))
      const bounded = c.args.some((arg) => /^count=/.test(arg.text)) || c.name === 'cat'
      const target = overwritten(c, o).some(
        (arg) =>
          !/^\/dev\/(?:null|stdout)$/.test(resolvePath(arg.text, c.scope)) && baseName(arg.text) !== '',
      )
      return only(source && target && (!bounded || c.name === 'cat'), true)
    },
    examples: {
      risky: ['yes > file', 'cat /dev/urandom > x', 'dd if=/dev/zero of=fill'],
      harmless: [
        'yes | apt install x',
        'dd if=/dev/zero of=x bs=1M count=10',
        'yes > /dev/null',
        'cat /dev/urandom | head -c 10 > x',
      ],
    },
  },
]
