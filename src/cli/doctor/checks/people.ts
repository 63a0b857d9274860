// The check of people whose data belongs to no account of this machine.
import { type Finding, ok, warn } from '../result.ts'

export function judgePeople(held: number, homeFlag: string): Finding {
  if (held === 0) return ok('all data belongs to existing accounts')
  const whose = held === 1 ? 'one person' : `${held} people`
  return warn(`data of ${whose} is held back, and shown to nobody`, `sudo karo people list${homeFlag}`)
}
