// The rules that the signed bundle of a fleet may carry: prohibitions and questions, and nothing that lets a command through.
import { KaroError } from '../../base/errors.ts'
import { parseRules } from './rules-file.ts'

/** Throws KaroError `bad_config` with line and column; `file` is what `where` names. Settings without rules are right. */
export function checkFleetRules(settings: Readonly<Record<string, unknown>>, file = 'guard.rules'): void {
  const text = settings['guard.rules']
  if (typeof text !== 'string') return
  const allow = parseRules(text, file, 'own').rules.find(({ kind }) => kind === 'allow')
  if (allow === undefined) return
  throw new KaroError(
    'bad_config',
    'a fleet prohibits commands or has them asked about, and lets none through',
    {
      where: allow.where,
      hint: 'Leave out [[allow]]: each machine says that for itself.',
    },
  )
}
