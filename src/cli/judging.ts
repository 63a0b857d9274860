// Lets commands judge command lines as the guard would; the warnings of the guard are shown once in a run.
import type { Guard } from '../assist/guard/guard.ts'
import { judge } from '../assist/guard/judge.ts'
import { machineOf } from '../assist/guard/machine.ts'
import { quickGuard } from '../assist/guard/quick.ts'
import type { RiskVerdict, Shell } from '../assist/risk/index.ts'
import { type CommandIo, placeOf, sayWarnings } from './kit.ts'

/** The guard of this home and machine; shows its warnings. With a broken file the guard is strict and nothing is thrown. */
export async function toldGuard(io: CommandIo): Promise<Guard> {
  const guard = await quickGuard(io)
  sayWarnings(io, guard.warnings)
  return guard
}

/** Judges command lines as the guard of this home and machine would in the given shell. */
export async function judging(io: CommandIo, shell: Shell): Promise<(command: string) => RiskVerdict> {
  const guard = await toldGuard(io)
  const place = placeOf(io)
  const where = { shell, ...place, machine: machineOf(place, io.env, guard) }
  return (command) => judge(guard, command, where)
}
