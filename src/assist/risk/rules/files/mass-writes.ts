// Rules about losing many files at once without deleting them: emptied or edited in place by a pattern, covered by a mount.
import { isGlob } from '../../line/glob.ts'
import type { Options } from '../../line/options.ts'
import { type Args, matching, redirectedTo, type SimpleCommand, says } from '../../model.ts'
import { inPlace, only, type Rule, tools } from '../rule.ts'

/** Arguments that the command writes and that may be a pattern, from a loop, find or xargs. */
function written(c: SimpleCommand, o: Options): Args {
  switch (c.name) {
    case 'cp':
    case 'install':
    case 'ln':
      return o.operands.slice(-1)
    case 'tee':
      return o.flag('a', 'append') ? [] : o.operands
    case 'dd':
      return matching(c.args, /^of=/).map((arg) => ({ ...arg, text: arg.text.slice(3) }))
    case 'sed':
    case 'gsed':
    case 'perl':
    case 'ruby':
      return says(c, /^-[a-zA-Z0-9]*i|^--in-place/) ? c.args : []
    case 'ed':
    case 'ex':
    case 'truncate':
    case 'shred':
    case 'sponge':
      return o.operands
    default:
      return c.name === '' || c.redirections.length > 0 ? redirectedTo(c, /^&?>\|?$/) : []
  }
}

export const MASS_WRITE_RULES: readonly Rule[] = [
  {
    id: 'mass-overwrite',
    level: 'high',
    why: 'Overwrites all files of a home directory or of the system, one after the other.',
    tools: ['*'],
    when: (c, o) =>
      inPlace(
        c,
        written(c, o).filter((arg) => isGlob(arg.text)),
        'root',
        'home',
        'system',
        'keys',
      ),
    example: 'find ~ -exec cp /dev/null {} \\;',
  },
  {
    id: 'mount-over',
    level: 'high',
    why: 'Mounts something over a home or a system directory, which hides its files.',
    tools: tools('mount'),
    when: (c, o) =>
      only(
        says(c, /^(?:-[BMR]|--(?:r?bind|move))$|(?:^|,)r?bind(?:,|$)|^(?:tmpfs|overlay)$/),
        inPlace(
          c,
          says(c, /^(?:-M|--move)$/) ? o.operands : o.operands.slice(-1),
          'root',
          'home',
          'system',
        ).filter((arg) => !/^\/(?:dev|proc|sys|run|boot|mnt|media)(?:\/|$)/.test(arg.text)),
      ),
    example: 'mount --bind /tmp/empty /home/me',
  },
]
