// Views of prompts: the list, one of them with its variables, and its versions.
import type { PromptAddedShape, PromptListShape, PromptShape } from '../../../api/contract/shapes.ts'
import { printable } from '../../../base/format.ts'
import { type Screen, table } from '../../terminal/table.ts'

const variables = ({ variables: all }: PromptShape): string =>
  all.map(({ name, default: otherwise }) => (otherwise === null ? name : `${name}=${otherwise}`)).join(', ')

export function promptsView({ prompts }: PromptListShape, screen: Screen): string {
  return table(
    screen,
    prompts,
    {
      PROMPT: 'name',
      VERSION: 'version',
      ADDED: 'created_at',
      VARIABLES: { value: variables, shrink: true },
    },
    'No prompts. karo prompt add NAME FILE  adds one.\n',
  )
}

export function promptView(prompt: PromptShape | PromptAddedShape): string {
  const known = 'known' in prompt && prompt.known ? ', as before' : ''
  const all = prompt.variables.length === 0 ? 'no variables' : `variables: ${printable(variables(prompt))}`
  const text = prompt.text.split('\n').map((line) => `  ${printable(line)}`)
  return `${printable(prompt.name)}, version ${prompt.version} of ${prompt.newest}${known}; ${all}\n\n${text.join('\n')}\n`
}

export const versionsView = ({ prompts }: PromptListShape, screen: Screen): string =>
  table(screen, prompts, {
    VERSION: 'version',
    ADDED: 'created_at',
    TEXT: { value: ({ text }) => text.split('\n')[0] ?? '', shrink: true },
  })
