// Rules about tools that delete on their way: find, rsync, archivers.

import { findTargets } from '../../carriers/listings.ts'
import { matching, says } from '../../model.ts'
import type { Rules } from '../forms.ts'
import { byTool, foundOnly, without } from '../rewrite.ts'
import { inPlace, only, tools } from '../rule.ts'
import { deletedTrees, FOUND_IN_ROOT } from '../targets.ts'

export const SWEEP_RULES: Rules = [
  {
    id: 'rsync-delete-all',
    level: 'critical',
    core: true,
    why: 'Deletes everything in the target that the source does not have.',
    finds: 'rsync --del|--delete* last@root|home|system|keys !-n|--dry-run',
    safer: { append: '--dry-run' },
    example: 'rsync -a --delete empty/ /',
  },
  {
    id: 'rsync-delete',
    level: 'high',
    why: 'Deletes everything in the target that the source does not have.',
    finds: 'rsync --del|--delete* last@personal|shared-root|inside-system !-n|--dry-run',
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
      return only(says(c, /^-delete$/) && !narrowed, inPlace(c, tops, 'working'))
    },
    safer: foundOnly,
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
            says(c, /^-delete$/) && deletedTrees(c, o).length === 0,
            inPlace(c, findTargets(c.args).tops, 'root', 'system', 'inside-system', 'home'),
          ),
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
