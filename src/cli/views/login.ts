// View of a login: as whom a person asks, with what roles, and until when.
import { AGENT_CONTROL } from '../../../protocols/messages/agent.ts'
import { ASKED_TYPES, queryType, type WhoAmIShape } from '../../api/contract/shapes.ts'
import { clauses, fitted, formatFingerprint, localTime, printable } from '../kit.ts'

export function whoAmIView(
  { node, login, lapsed, outside }: WhoAmIShape,
  screen: { readonly columns: number },
): string {
  const out = outside === undefined ? '' : `\nBut ${printable(outside)}.\n`
  const here = `${printable(node.name)} (${formatFingerprint(node.fingerprint)})`
  if (login === null) {
    const says =
      lapsed === null
        ? `You ask as this node, ${here}.`
        : `Your login has ended: ${printable(lapsed)}. Nothing is asked until you log in again, or by karo logout as this node, ${here}.`
    return fitted(`${says}\nkaro login --credential <file>  asks as an operator.\n${out}`, screen)
  }
  const { name, fingerprint, roles, teams, types, ends_at } = login
  const has = clauses(
    roles.length !== 0 && `roles ${roles.map(printable).join(', ')}`,
    teams.length !== 0 && `teams ${teams.map(printable).join(', ')}`,
  )
  const asked = types.filter((type) => type !== AGENT_CONTROL)
  const questions =
    asked.length === ASKED_TYPES.length
      ? 'all types of questions'
      : asked.map((type) => queryType(type).word).join(', ')
  const may = clauses(questions, asked.length < types.length && 'agents of other machines').join(', and ')
  return fitted(
    `You ask as ${printable(name)} (${formatFingerprint(fingerprint)}${has.map((one) => `; ${one}`).join('')}) through ${here}.
Until ${localTime(ends_at)} or the next restart of this node, for ${may}. Nobody else on this machine does. Earlier:  karo logout
${out}`,
    screen,
  )
}
