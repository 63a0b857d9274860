// Rules about deleting files and directory trees, also on the way: by find, rsync and archivers.
import { findTargets } from '../../carriers/listings.ts'
import { type Arg, type SimpleCommand, SOMETHING, UNKNOWN } from '../../model.ts'
import {
  byTool,
  DELETERS,
  FOUND_IN_ROOT,
  foundOnly,
  inPlaceIfEmpty,
  isOpaque,
  movedAside,
  type Rules,
  rather,
  TREE_DELETERS,
  without,
} from '../kit.ts'

/** An unknown entry of the root directory: any system directory, or what `find /` found. */
const ROOT_CHILD = new RegExp(`^/+[${UNKNOWN}${SOMETHING}]+/*$`)

/** Rewrites `$DIR` to `${DIR:?}`, at which the shell stops if the variable is empty. */
const insisting = (raw: string) =>
  raw.replace(/\$\{?([A-Za-z_]\w*)\}?(?=["/]|$)/g, (_all, name: string) => `\${${name}:?}`)

/** Whether an empty variable makes it such a place. `$X/*` is `/*` then; an unknown entry of the root could be any system directory. */
const vitalIfEmpty = (arg: Arg, c: SimpleCommand): boolean =>
  inPlaceIfEmpty(c, [arg], 'root', 'home', 'system', 'keys', 'working').length > 0 ||
  (ROOT_CHILD.test(arg.text) && !FOUND_IN_ROOT.test(arg.text))

const MIRRORED = 'Deletes everything in the target that the source does not have.'

export const DELETION_RULES: Rules = [
  {
    id: 'rm-root',
    level: 'critical',
    core: true,
    why: 'Deletes every file on the machine.',
    finds: `
      ${DELETERS} trees@root
      _ -r|-R|--recursive --no-preserve-root`,
    example: 'rm -rf /',
  },
  {
    id: 'rm-home',
    level: 'critical',
    core: true,
    why: 'Deletes a whole home directory.',
    finds: `${DELETERS} trees@home`,
    example: 'rm -rf ~',
  },
  {
    id: 'rm-system',
    level: 'critical',
    core: true,
    why: 'Deletes a directory the system cannot run without.',
    finds: `${DELETERS} trees@system`,
    example: 'rm -rf /etc',
  },
  {
    id: 'rm-keys',
    level: 'critical',
    core: true,
    why: 'Deletes keys that cannot be made again.',
    finds: `${DELETERS} trees@keys`,
    example: 'rm -rf ~/.ssh',
  },
  {
    id: 'rm-inside-system',
    level: 'high',
    why: 'Deletes files that belong to the system.',
    finds: `${DELETERS} trees@inside-system`,
    safer: movedAside,
    example: 'rm -rf /etc/nginx',
  },
  {
    id: 'rm-file-system',
    level: 'high',
    why: 'Deletes files that belong to the system.',
    finds: `
      !-r|-R|--recursive
      rm|grm|srm|unlink @root|system|inside-system|disk
      _ <child>`,
    named: { child: ROOT_CHILD },
    safer: movedAside,
    example: 'rm /etc/fstab',
  },
  {
    id: 'rm-shared',
    level: 'high',
    why: 'Deletes the top of a tree that services or several people share.',
    finds: `${DELETERS} trees@shared-root`,
    example: 'rm -rf /opt/*',
  },
  {
    id: 'rm-inside-shared',
    level: 'high',
    why: 'Deletes a tree that services or other people may use.',
    finds: `${DELETERS} trees@inside-shared`,
    safer: movedAside,
    example: 'rm -rf /opt/app',
  },
  {
    id: 'rm-personal',
    level: 'high',
    why: 'Deletes personal files or the settings of many programs.',
    finds: `${DELETERS} trees@personal`,
    safer: rather('gio', 'trash'),
    example: 'rm -rf ~/Documents',
  },
  {
    id: 'rm-working',
    level: 'high',
    why: 'Deletes everything in this directory, or a directory above it.',
    finds: `${TREE_DELETERS} trees@working`,
    example: 'rm -rf *',
  },
  {
    id: 'rm-empty-variable',
    level: 'high',
    why: 'If the variable is empty, this deletes the root, a home, or this whole directory.',
    finds: `${DELETERS} trees<vital>`,
    named: { vital: vitalIfEmpty },
    safer: { rewrite: insisting },
    example: 'rm -rf "$DIR"/*',
  },
  {
    id: 'rm-unknown',
    level: 'moderate',
    why: 'The line does not show what this deletes: it depends on a variable or on another command.',
    finds: `${TREE_DELETERS} trees<unknown>`,
    named: { unknown: (arg) => isOpaque(arg) && arg.text.includes(UNKNOWN) },
    safer: { rewrite: insisting },
    example: 'rm -rf $DIR',
  },
  {
    id: 'rm-temporary',
    level: 'moderate',
    why: 'Deletes the temporary files of every program and user, also of those that run.',
    finds: `${DELETERS} trees<temporary>`,
    named: { temporary: /^\/(?:tmp|var\/tmp|dev\/shm)(?:\/\*?)?$/ },
    example: 'rm -rf /tmp/*',
  },
  {
    id: 'rm-private',
    level: 'moderate',
    given: 'high',
    why: 'Deletes a file with credentials or settings of this machine, which no repository keeps.',
    finds: 'rm|grm|srm|unlink|shred <settings>',
    named: { settings: /(?:^|\/)\.env(?:\.(?!example|sample)\w+)*$/ },
    safer: movedAside,
    example: 'rm .env',
  },
  {
    id: 'rm-git',
    level: 'high',
    why: 'Deletes a repository with all its history.',
    finds: `${DELETERS} trees<repository>`,
    named: { repository: /(?:^|\/)\.git\/*\*?$/ },
    safer: movedAside,
    example: 'rm -rf .git',
  },
  {
    id: 'rm-all-files',
    level: 'moderate',
    why: 'Deletes every file in this directory.',
    finds: 'rm|grm|srm|unlink @working|home !-r|-R|--recursive',
    example: 'rm *',
  },
  {
    id: 'rm-all-files-deep',
    level: 'high',
    why: 'Deletes every file in this directory and all below it.',
    finds: 'rm|grm|srm|unlink @working|home <deep> !-r|-R|--recursive',
    named: { deep: /(?:^|\/)\*\*(?:\/|$)/ },
    example: 'rm **/*',
  },
  {
    id: 'rm-privileged',
    level: 'moderate',
    given: 'high',
    why: 'Deletes a tree as another user, so no permission stands in its way.',
    finds: 'rm|grm|srm operands!@temporary? ~privileged -r|-R|--recursive',
    named: { privileged: (_arg, c) => c.privileged },
    example: 'sudo rm -rf build',
  },
  {
    id: 'rsync-delete-all',
    level: 'critical',
    core: true,
    why: MIRRORED,
    finds: 'rsync --del|--delete* last@root|home|system|keys !-n|--dry-run',
    safer: { append: '--dry-run' },
    example: 'rsync -a --delete empty/ /',
  },
  {
    id: 'rsync-delete',
    level: 'high',
    why: MIRRORED,
    finds: 'rsync --del|--delete* last@personal|shared-root|inside-system !-n|--dry-run',
    safer: { append: '--dry-run' },
    example: 'rsync -a --delete src/ ~/Documents',
  },
  {
    id: 'find-delete-here',
    level: 'high',
    why: 'Deletes every file in this directory and all below it.',
    finds: 'find|gfind tops@working -delete !~narrowed',
    named: { narrowed: (_arg, { args }) => findTargets(args).narrowed },
    safer: foundOnly,
    example: 'find . -delete',
  },
  {
    id: 'find-delete-wide',
    level: 'high',
    why: 'Deletes whatever matches in the whole system, a home or a system tree.',
    finds: `
      rm|grm|srm trees<found>
      find|gfind tops@root|system|inside-system|home -delete !trees<any>`,
    named: { found: ({ text }) => FOUND_IN_ROOT.test(text), any: /^/ },
    safer: byTool({ 'find|gfind': foundOnly }),
    example: 'find / -name core -delete',
  },
  {
    id: 'archive-and-delete',
    level: 'high',
    why: 'Deletes the originals after packing or copying them, without checking the copy.',
    finds: `
      tar|gtar|bsdtar|zip|7z|7za|rsync|rar @root|home|system|inside-system|keys|personal --remove-files|--remove-source-files|-sdel|-df
      zip @root|home|system|inside-system|keys|personal -m|--move`,
    safer: without(/^(?:--remove-files|--remove-source-files|-sdel|-m|--move)$/),
    example: 'tar czf x.tgz ~ --remove-files',
  },
]
