// Views of local models: whether each answers, and how quickly.
import type { ModelListShape } from '../../../api/contract/shapes.ts'
import { type Screen, table } from '../../terminal/table.ts'

const stateOf = ({ state, rests_ms }: ModelListShape['models'][number]): string =>
  rests_ms === 0 ? state : `${state}, paused for ${Math.ceil(rests_ms / 1_000)} s`

export function modelsView({ models }: ModelListShape, screen: Screen): string {
  return table(
    screen,
    models,
    {
      ENDPOINT: 'endpoint',
      MODEL: ({ model }) => model || 'its default',
      FOR: 'use',
      STATE: { value: stateOf, style: ({ state }) => (state === 'up' ? 'green' : 'red') },
      DETAIL: { value: ({ detail, offers }) => detail || offers.join(', '), wrap: true },
    },
    'No local model is configured. Write endpoint = "http://127.0.0.1:11434/v1" under [ask] in config.toml.\n',
  )
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
  table(screen, models, {
    ENDPOINT: 'name',
    MODEL: ({ model }) => model || 'its default',
    ANSWERS: { value: ({ ok }) => (ok ? 'yes' : 'no'), style: ({ ok }) => (ok ? 'green' : 'red') },
    FIRST: { value: ({ first_ms }) => ms(first_ms), align: 'right' },
    WHOLE: { value: ({ whole_ms }) => ms(whole_ms), align: 'right' },
    DETAIL: { value: 'detail', wrap: true },
  })
