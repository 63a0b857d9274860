// The door of the configuration room: one typed value, made from the table of keys, the file and the environment.

export { subnetTest } from './domains.ts'
export { FLEET_KEYS } from './fleet.ts'
export {
  type FleetSettings,
  fleetSource,
  keepFleetSettings,
  type SettingRow,
  settingsOf,
} from './fleet-settings.ts'
export { addressesOf, askServers, isNoRecord, type NameSources } from './host-names.ts'
export { createLiveConfig } from './live.ts'
export { type LoadedConfig, loadConfig } from './load.ts'
export { fleetFile, homePaths, servicePaths } from './paths.ts'
export { defaultText, valueText } from './sample.ts'
export { type Config, KEY_LIST } from './table.ts'
export type * from './types.ts'
export { readStaticPeer } from './values.ts'
