// Rules about keys that cannot be made again: whole key stores are part of the catastrophic core.
import { isEverything } from '../../line/glob.ts'
import type { Options } from '../../line/options.ts'
import { resolvePath } from '../../line/paths.ts'
import type { Arg, SimpleCommand } from '../../model.ts'
import { byTool, movedAside, say } from '../rewrite.ts'
import { inPlace, only, type Rule } from '../rule.ts'
import { isRecursive, overwritten } from '../targets.ts'

const PRIVATE_KEY = /\/\.ssh\/id_(?!.*\.pub$)[^/]+$|\/\.gnupg\/(?:private-keys-v1\.d\/.*|secring\.gpg)$/

/** Files a command destroys one by one: deleted, overwritten, moved onto nothing. */
function destroyed(c: SimpleCommand, o: Options): readonly Arg[] {
  if (/^(?:rm|grm|srm|unlink|shred|wipe)$/.test(c.name)) return isRecursive(o) ? [] : o.operands
  return c.name === 'cp' || c.name === 'install' ? [] : overwritten(c, o)
}

export const KEY_RULES: readonly Rule[] = [
  {
    id: 'key-store-files',
    level: 'critical',
    core: true,
    why: 'Destroys every key of a key store, or the key and database of this node.',
    tools: ['*'],
    when: (c, o) =>
      inPlace(c, destroyed(c, o), 'keys').filter((arg) => {
        const path = resolvePath(arg.text, c.scope)
        return isEverything(path.slice(path.lastIndexOf('/') + 1)) || /(?:identity\.key|\/db)$/.test(path)
      }),
    examples: {
      risky: [
        'rm -f ~/.ssh/*',
        'rm ~/.local/share/karo/identity.key',
        '> ~/.local/share/karo/identity.key',
        'shred -u ~/.gnupg/*',
        'srm ~/.ssh/*',
        'wipe -f ~/.ssh/*',
        'rm $KARO_HOME/identity.key',
      ],
      harmless: ['rm ~/.ssh/known_hosts.old', 'cp ~/.ssh/config ~/.ssh/config.bak', 'rm ~/.ssh/*.tmp'],
    },
  },
  {
    id: 'private-key-lost',
    level: 'high',
    why: 'Destroys a private key, which nothing brings back.',
    tools: ['*'],
    when: (c, o) => destroyed(c, o).filter((arg) => PRIVATE_KEY.test(resolvePath(arg.text, c.scope))),
    safer: byTool({ rm: movedAside, shred: movedAside, unlink: movedAside }),
    examples: {
      risky: [
        'rm ~/.ssh/id_ed25519',
        'shred -u ~/.ssh/id_rsa',
        'grm ~/.ssh/id_rsa',
        'dd if=/dev/zero of=/home/me/.ssh/id_rsa',
        '> ~/.ssh/id_ecdsa',
      ],
      harmless: ['rm ~/.ssh/id_rsa.pub', 'cp ~/.ssh/id_rsa.bak ~/.ssh/id_rsa', 'rm id.txt'],
    },
  },
  {
    id: 'key-unprotected',
    level: 'moderate',
    why: 'Replaces a key, or takes the passphrase off it.',
    tools: ['ssh-keygen'],
    when: (c, o) =>
      only(
        (o.flag('p') && c.args.some((arg, i) => arg.text === '' && c.args[i - 1]?.text === '-N')) ||
          (o.flag('f') && /^\s*y/.test(c.input.text ?? '')),
        true,
      ),
    safer: byTool({ 'ssh-keygen': (_c, o) => say('ssh-keygen', '-p', '-f', o.value('f')) }),
    examples: {
      risky: [
        "ssh-keygen -p -N '' -f ~/.ssh/id_rsa",
        'ssh-keygen -f ~/.ssh/id_rsa <<< y',
        'yes y | ssh-keygen -f k',
      ],
      harmless: ['ssh-keygen -t ed25519', "ssh-keygen -t ed25519 -N '' -f key", 'ssh-keygen -R host'],
    },
  },
]
