// Rules about tools that delete on their way: find, rsync, archivers.

import { findTargets } from '../../carriers/listings.ts'
import { byTool, FOUND_IN_ROOT, type FormRule, foundOnly, without } from '../kit.ts'

const MIRRORED = 'Deletes everything in the target that the source does not have.'

export const SWEEP_RULES: readonly FormRule[] = [
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
