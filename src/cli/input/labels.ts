// Checks the names of roles, teams and owners that a person gives.
import { labelProblem } from '../../base/words/roles.ts'
import { usage } from '../usage.ts'

/** These labels. Throws KaroError `bad_request` for one that is none; `where` names the option. */
export function checkedLabels(
  what: string,
  labels: readonly string[],
  where = `--${what}`,
): readonly string[] {
  for (const label of labels) {
    const problem = labelProblem(what, label)
    if (problem !== undefined) throw usage(`'${label}' ${problem}`, where)
  }
  return labels
}
