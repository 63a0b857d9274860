// Rules about keys that cannot be made again. Rules for whole key stores are part of the catastrophic core.
import { isKnown } from '../../known-files.ts'
import { isEverything } from '../../line/glob.ts'
import { resolvePath } from '../../line/paths.ts'
import { type Arg, baseName, type SimpleCommand } from '../../model.ts'
import { byTool, movedAside, type Rules, say } from '../kit.ts'

/** Copies replace keys as a whole, and a tree that is deleted is judged as such. */
const copies = (_arg: Arg, { name }: SimpleCommand): boolean =>
  /^(?:rm|grm|srm|unlink|shred|wipe|cp|install)$/.test(name)
/** Whether a private key is lost: its place tells of one, or a file with a key's name is there. A new file loses nothing. */
const kept = ({ text }: Arg, { scope }: SimpleCommand): unknown => {
  const path = resolvePath(text, scope)
  return (
    isKnown('key', path) || (/\.(?:key|p12|pfx|jks)$|\bkey\.pem$/.test(text) && scope.machine?.holds?.(path))
  )
}
const every = ({ text }: Arg, { scope }: SimpleCommand): boolean => {
  const path = resolvePath(text, scope)
  return isEverything(baseName(path)) || /(?:identity\.key|\/db)$/.test(path)
}

export const KEY_RULES: Rules = [
  {
    id: 'key-store-files',
    level: 'critical',
    core: true,
    why: 'Destroys every key of a key store, or the key and database of this node.',
    finds: `
      rm|grm|srm|unlink|shred|wipe files@keys<every> !-r|-R|--recursive
      * writes@keys<every> !~copies`,
    named: { every, copies },
    example: 'rm -f ~/.ssh/*',
  },
  {
    id: 'private-key-lost',
    level: 'high',
    why: 'Destroys a private key, which cannot be restored.',
    finds: `
      rm|grm|srm|unlink|shred|wipe files<key> !-r|-R|--recursive
      * writes<kept> !~copies`,
    named: { kept, copies },
    safer: byTool({ 'rm|shred|unlink': movedAside }),
    example: 'rm ~/.ssh/id_ed25519',
  },
  {
    id: 'key-unprotected',
    level: 'moderate',
    why: 'Replaces a key, or removes its passphrase.',
    finds: `
      ssh-keygen -p -N=<nothing>?
      ssh-keygen -f input<yes>?`,
    named: { nothing: /^$/, yes: /^\s*y/ },
    safer: byTool({ 'ssh-keygen': (_c, o) => say('ssh-keygen', '-p', '-f', o.value('f')) }),
    example: "ssh-keygen -p -N '' -f ~/.ssh/id_rsa",
  },
]
