// /config: each key of the configuration with its value and where it comes from, for administrators.
import { defaultText, KEY_LIST, type LoadedConfig, valueText } from '../../../config/index.ts'
import { getSettings, reloadSettings } from '../../contract/operations/care.ts'
import type { SettingsShape } from '../../contract/shapes.ts'
import { type Rooms, type Routes, serve } from '../../server/index.ts'

export function settingsRoutes({ load, drift, reload: takeOver }: Rooms): Routes {
  return (server) => {
    serve(server, reloadSettings, ({ body }) => takeOver(body.restart))
    serve(server, getSettings, async (): Promise<SettingsShape> => {
      let loaded: LoadedConfig
      try {
        loaded = load()
      } catch (error) {
        return { file: null, problem: (error as Error).message, keys: [] }
      }
      const { reload, restart } = drift()
      const waitsOf = (path: string) =>
        restart.includes(path) ? ('restart' as const) : reload.includes(path) ? ('reload' as const) : null
      return {
        file: loaded.file ?? null,
        problem: null,
        keys: KEY_LIST.map((key) => ({
          key: key.path,
          description: key.description,
          default: defaultText(key),
          value: valueText(loaded.values.get(key.path)),
          source: loaded.sources.get(key.path) ?? 'default',
          waits: waitsOf(key.path),
        })),
      }
    })
  }
}
