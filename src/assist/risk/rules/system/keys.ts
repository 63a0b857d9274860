// Rules about keys that cannot be made again. Rules for whole key stores are part of the catastrophic core.
import { isEverything } from '../../line/glob.ts'
import type { Options } from '../../line/options.ts'
import { resolvePath } from '../../line/paths.ts'
import { type Args, after, type SimpleCommand } from '../../model.ts'
import { byTool, movedAside, say } from '../rewrite.ts'
import { inPlace, naming, only, type Rule } from '../rule.ts'
import { isRecursive, overwritten } from '../targets.ts'

const PRIVATE_KEY = /\/\.ssh\/id_(?!.*\.pub$)[^/]+$|\/\.gnupg\/(?:private-keys-v1\.d\/.*|secring\.gpg)$/

/** Files that a command destroys one by one, by deleting or overwriting them. */
function destroyed(c: SimpleCommand, o: Options): Args {
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
    example: 'rm -f ~/.ssh/*',
  },
  {
    id: 'private-key-lost',
    level: 'high',
    why: 'Destroys a private key, which cannot be restored.',
    tools: ['*'],
    when: (c, o) => naming(c, destroyed(c, o), PRIVATE_KEY),
    safer: byTool({ 'rm|shred|unlink': movedAside }),
    example: 'rm ~/.ssh/id_ed25519',
  },
  {
    id: 'key-unprotected',
    level: 'moderate',
    why: 'Replaces a key, or removes its passphrase.',
    tools: ['ssh-keygen'],
    when: (c, o) =>
      only(
        (o.flag('p') && after(c.args, /^-N$/)[0]?.text === '') ||
          (o.flag('f') && /^\s*y/.test(c.input.text ?? '')),
      ),
    safer: byTool({ 'ssh-keygen': (_c, o) => say('ssh-keygen', '-p', '-f', o.value('f')) }),
    example: "ssh-keygen -p -N '' -f ~/.ssh/id_rsa",
  },
]
