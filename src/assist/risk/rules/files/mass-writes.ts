// Rules about losing many files at once without deleting them: emptied or edited in place by a pattern, covered by a mount.
import { isGlob } from '../../line/glob.ts'
import type { Options } from '../../line/options.ts'
import type { Arg, SimpleCommand } from '../../model.ts'
import { inPlace, matching, only, type Rule, tools } from '../rule.ts'

/** Words whose files the command writes, where that word may be a pattern: of a loop, of find, of xargs. */
function written(c: SimpleCommand, o: Options): readonly Arg[] {
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
      return c.args.some((arg) => /^-[a-zA-Z0-9]*i|^--in-place/.test(arg.text)) ? c.args : []
    case 'ed':
    case 'ex':
    case 'truncate':
    case 'shred':
    case 'sponge':
      return o.operands
    default:
      return c.name === '' || c.redirections.length > 0
        ? c.redirections.filter((it) => /^&?>\|?$/.test(it.operator)).map((it) => it.target)
        : []
  }
}

export const MASS_WRITE_RULES: readonly Rule[] = [
  {
    id: 'mass-overwrite',
    level: 'high',
    why: 'Overwrites, one by one, the files of a home, of the system or of the root.',
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
    examples: {
      risky: [
        'find ~ -exec cp /dev/null {} \\;',
        'find ~ -type f | xargs sed -i d',
        'find / -type f -exec truncate -s 0 {} +',
        'for f in ~/*; do : > "$f"; done',
        "find ~ -type f -exec perl -i -pe 's/x//' {} +",
      ],
      harmless: [
        "find . -type f -exec sed -i 's/a/b/' {} +",
        "find ~/src -name '*.js' | xargs sed -i 's/a/b/'",
        'for f in *.txt; do : > "$f.log"; done',
        'cp a ~/b',
      ],
    },
  },
  {
    id: 'mount-over',
    level: 'high',
    why: 'Covers a home or a directory the system works with by something else.',
    tools: tools('mount'),
    when: (c, o) =>
      only(
        c.args.some((arg) =>
          /^(?:-[BMR]|--(?:r?bind|move))$|(?:^|,)r?bind(?:,|$)|^(?:tmpfs|overlay)$/.test(arg.text),
        ),
        inPlace(
          c,
          matching(c.args, /^(?:-M|--move)$/).length > 0 ? o.operands : o.operands.slice(-1),
          'root',
          'home',
          'system',
        ).filter((arg) => !/^\/(?:dev|proc|sys|run|boot|mnt|media)(?:\/|$)/.test(arg.text)),
      ),
    examples: {
      risky: [
        'mount --bind /tmp/empty /home/me',
        'mount -t tmpfs none /home',
        'mount -o bind /tmp ~',
        'mount --move /home /mnt/x; mount --bind /tmp /etc',
      ],
      harmless: ['mount --bind /srv/www /mnt/www', 'mount /dev/sda2 /home', 'mount -t tmpfs none /mnt/ram'],
    },
  },
]
