// Rules about losing many files at once without deleting them: emptied or edited in place by a pattern, covered by a mount.
import { isGlob } from '../../line/glob.ts'
import type { FormRule } from '../forms.ts'

export const MASS_WRITE_RULES: readonly FormRule[] = [
  {
    id: 'mass-overwrite',
    level: 'high',
    why: 'Overwrites all files of a home directory or of the system, one after the other.',
    finds: '* writes<many>@root|home|system|keys',
    // Files that are renamed one after the other are still there.
    named: { many: ({ text }, { name }) => isGlob(text) && name !== 'mv' },
    example: 'find ~ -exec cp /dev/null {} \\;',
  },
  {
    id: 'mount-over',
    level: 'high',
    why: 'Mounts something over a home or a system directory, which hides its files.',
    finds: `
      mount words<moves>? operands@root|home|system!<usual>
      mount words<hides>? last@root|home|system!<usual>`,
    named: {
      moves: /^(?:-M|--move)$/,
      hides: /^(?:-[BR]|--r?bind)$|(?:^|,)r?bind(?:,|$)|^(?:tmpfs|overlay)$/,
      usual: /^\/(?:dev|proc|sys|run|boot|mnt|media)(?:\/|$)/,
    },
    example: 'mount --bind /tmp/empty /home/me',
  },
]
