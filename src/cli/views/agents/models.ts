// Views of local models: whether each answers, and how quickly.
import type { ModelListShape } from '../../../api/contract/shapes.ts'
import { type Screen, table } from '../../terminal/table.ts'

const stateOf = ({ state, rests_ms }: ModelListShape['models'][number]): string =>
  rests_ms === 0 ? state : `${state}, paused for ${Math.ceil(rests_ms / 1_000)} s`

export function modelsView({ models }: ModelListShape, screen: Screen): string {
  if (models.length === 0)
    return 'No local model is configured. Write endpoint = "http://127.0.0.1:11434/v1" under [ask] in config.toml.\n'
  return table(screen, models, [
    { title: 'ENDPOINT', value: ({ endpoint }) => endpoint },
    { title: 'MODEL', value: ({ model }) => model || 'its default' },
    { title: 'FOR', value: ({ use }) => use },
    { title: 'STATE', value: stateOf, style: ({ state }) => (state === 'up' ? 'green' : 'red') },
    { title: 'DETAIL', value: ({ detail, offers }) => detail || offers.join(', '), wrap: true },
  ])
}

interface Tested {
  readonly name: string
  readonly model: string
  readonly ok: boolean
  readonly detail: string
  readonly first_ms: number | null
  readonly whole_ms: number | null
}

const ms = (time: number | null): string => (time === null ? '–' : `${time} ms`)

export const testedView = ({ models }: { readonly models: readonly Tested[] }, screen: Screen): string =>
  table(screen, models, [
    { title: 'ENDPOINT', value: ({ name }) => name },
    { title: 'MODEL', value: ({ model }) => model || 'its default' },
    { title: 'ANSWERS', value: ({ ok }) => (ok ? 'yes' : 'no'), style: ({ ok }) => (ok ? 'green' : 'red') },
    { title: 'FIRST', align: 'right', value: ({ first_ms }) => ms(first_ms) },
    { title: 'WHOLE', align: 'right', value: ({ whole_ms }) => ms(whole_ms) },
    { title: 'DETAIL', value: ({ detail }) => detail, wrap: true },
  ])
