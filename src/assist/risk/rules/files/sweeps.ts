// Rules about tools that delete on their way: find, rsync, archivers.

import { quoted } from '../../carriers/layers.ts'
import { findTargets } from '../../carriers/listings.ts'
import { byTool, type Rewrite, say, without } from '../rewrite.ts'
import { inPlace, matching, only, type Rule, tools } from '../rule.ts'
import { deletedTrees, FOUND_IN_ROOT } from '../targets.ts'

/** What find would delete, shown. */
const listed: Rewrite = (c) =>
  say(c.name, ...c.args.map((arg) => (arg.text === '-delete' ? '-print' : arg.text)))

export const SWEEP_RULES: readonly Rule[] = [
  {
    id: 'rsync-delete-all',
    level: 'critical',
    core: true,
    why: 'Deletes everything there that the source does not have.',
    tools: tools('rsync'),
    when: (c, o) =>
      only(
        matching(c.args, /^--del(?:ete.*)?$/).length > 0 && !o.flag('n', 'dry-run'),
        inPlace(c, o.operands.slice(-1), 'root', 'home', 'system', 'keys'),
      ),
    safer: { append: '--dry-run' },
    examples: {
      risky: ['rsync -a --delete empty/ /', 'rsync -av --delete a/ ~/', 'rsync --delete x/ /home/'],
      harmless: ['rsync -av --delete src/ backup/', 'rsync -a src/ ~/', 'rsync -an --delete x/ ~/'],
    },
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
    examples: {
      risky: [
        'rsync -a --delete src/ ~/Documents',
        'rsync -av --delete a/ /srv/',
        'rsync --delete x/ /etc/nginx',
      ],
      harmless: ['rsync -av --delete src/ backup/', 'rsync -a src/ ~/'],
    },
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
    examples: {
      risky: [
        'find . -delete',
        'find . -type f -delete',
        'find . -mindepth 1 -delete',
        'find .. -type f -delete',
        'find . ! -name keep -delete',
      ],
      harmless: [
        'find . -name "*.pyc" -delete',
        'find . -type d -empty -delete',
        'find build -delete',
        'find . -type f -mtime +7 -delete',
      ],
    },
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
    examples: {
      risky: [
        'find / -name core -delete',
        "find /etc -name '*.conf' -delete",
        'find ~ -type f -maxdepth 1 -delete',
        'find / -name core -exec rm -rf {} +',
        'locate core | xargs rm -rf',
      ],
      harmless: ['find . -name "*.pyc" -delete', 'find /tmp -mtime +7 -delete', 'find / -name x'],
    },
  },
  {
    id: 'archive-and-delete',
    level: 'high',
    why: 'Deletes the originals once they are packed or copied, with nothing checked.',
    tools: tools('tar gtar bsdtar zip 7z 7za rsync rar'),
    when: (c, o) =>
      only(
        o.flag('remove-files', 'remove-source-files', 'sdel', 'df') ??
          (c.name === 'zip' && o.flag('m', 'move')),
        inPlace(c, o.operands, 'root', 'home', 'system', 'inside-system', 'keys', 'personal'),
      ),
    safer: without(/^(?:--remove-files|--remove-source-files|-sdel|-m|--move)$/),
    examples: {
      risky: [
        'tar czf x.tgz ~ --remove-files',
        'zip -rm x.zip ~/Documents',
        'rsync -a --remove-source-files ~/ /mnt/x/',
        '7z a -sdel x.7z ~/Documents',
      ],
      harmless: ['tar czf x.tgz ~/Documents', 'zip -r x.zip dir', 'tar czf x.tgz old --remove-files'],
    },
  },
]
