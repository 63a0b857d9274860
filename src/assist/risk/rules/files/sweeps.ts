// Rules about tools that delete on their way: find, rsync, archivers.

import { quoted } from '../../carriers/layers.ts'
import { findTargets } from '../../carriers/listings.ts'
import { byTool, type Rewrite, say, without } from '../rewrite.ts'
import { inPlace, matching, only, type Rule, tools } from '../rule.ts'
import { deletedTrees, FOUND_IN_ROOT } from '../targets.ts'

/** The find command with -print instead of -delete. */
const listed: Rewrite = (c) =>
  say(c.name, ...c.args.map((arg) => (arg.text === '-delete' ? '-print' : arg.text)))

export const SWEEP_RULES: readonly Rule[] = [
  {
    id: 'rsync-delete-all',
    level: 'critical',
    core: true,
    why: 'Deletes everything in the target that the source does not have.',
    tools: tools('rsync'),
    when: (c, o) =>
      only(
        matching(c.args, /^--del(?:ete.*)?$/).length > 0 && !o.flag('n', 'dry-run'),
        inPlace(c, o.operands.slice(-1), 'root', 'home', 'system', 'keys'),
      ),
    safer: { append: '--dry-run' },
    example: 'rsync -a --delete empty/ /',
  },
  {
    id: 'rsync-delete',
    level: 'high',
    why: 'Deletes everything in the target that the source does not have.',
    tools: tools('rsync'),
    when: (c, o) =>
      only(
        matching(c.args, /^--del(?:ete.*)?$/).length > 0 && !o.flag('n', 'dry-run'),
        inPlace(c, o.operands.slice(-1), 'personal', 'shared-root', 'inside-system'),
      ),
    safer: { append: '--dry-run' },
    example: 'rsync -a --delete src/ ~/Documents',
  },
  {
    id: 'find-delete-here',
    level: 'high',
    why: 'Deletes every file in this directory and all below it.',
    tools: tools('find gfind'),
    when: (c) => {
      const { tops, narrowed } = findTargets(c.args)
      const told = c.args.some((arg) => arg.text === '-delete')
      return only(told && !narrowed, inPlace(c, tops, 'working'))
    },
    safer: (c) =>
      `${c.name} ${c.args.map((arg) => quoted(arg.text === '-delete' ? '-print' : arg.text)).join(' ')}`,
    example: 'find . -delete',
  },
  {
    id: 'find-delete-wide',
    level: 'high',
    why: 'Deletes whatever matches in the whole system, a home or a system tree.',
    tools: tools('find gfind rm grm srm'),
    when: (c, o) =>
      c.name.endsWith('rm')
        ? matching(deletedTrees(c, o), FOUND_IN_ROOT)
        : only(
            c.args.some((arg) => arg.text === '-delete') && deletedTrees(c, o).length === 0,
            inPlace(c, findTargets(c.args).tops, 'root', 'system', 'inside-system', 'home'),
          ),
    safer: byTool({ find: listed, gfind: listed }),
    example: 'find / -name core -delete',
  },
  {
    id: 'archive-and-delete',
    level: 'high',
    why: 'Deletes the originals after packing or copying them, without checking the copy.',
    tools: tools('tar gtar bsdtar zip 7z 7za rsync rar'),
    when: (c, o) =>
      only(
        o.flag('remove-files', 'remove-source-files', 'sdel', 'df') ??
          (c.name === 'zip' && o.flag('m', 'move')),
        inPlace(c, o.operands, 'root', 'home', 'system', 'inside-system', 'keys', 'personal'),
      ),
    safer: without(/^(?:--remove-files|--remove-source-files|-sdel|-m|--move)$/),
    example: 'tar czf x.tgz ~ --remove-files',
  },
]
