// A mesh of twelve: a machine with a file joins it with no command anywhere, the root is away, and all certificates are renewed.
import { expect, test } from 'vitest'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { formatEnrolment, parseEnrolment } from '../../../../src/trust/certificates/invites/enrolment.ts'
import { NOW, root } from './chains.ts'
import { found, invited, meet, type Room, room, time } from './rooms.ts'

/** Everything that anybody has said since the last time goes to everybody, as documents do. */
function spread(rooms: readonly Room[]): void {
  for (const from of rooms) {
    for (const { kind, frame } of from.said.splice(0))
      for (const to of rooms) if (to !== from) to.fleet.documents[kind].accept(frame, true)
  }
}

test('a provisioned machine is admitted by twelve that hear of no command, and all renew without the root', async () => {
  time.now = NOW
  const hq = await room(8_950)
  await found(hq)
  const joiners = await Promise.all(Array.from({ length: 11 }, (_, n) => room(8_951 + n)))
  const code = await invited(hq, { uses: 11 })
  for (const [n, one] of joiners.entries()) {
    await one.fleet.join(code, { places: [] })
    expect(await meet(hq, one, `eng-${n}`)).toBe(true)
  }
  const twelve = [hq, ...joiners]
  spread(twelve)

  // Its file was written on the issuer, and lies there before the first start. Nobody does anything any more.
  const file = formatEnrolment(formatNodeId(root.publicKey), await invited(hq, { teams: ['lab'] }), [
    '10.0.0.5:9238',
  ])
  const lab = await room(8_970, { enrolment: () => parseEnrolment(file, 'enrolment.json') })
  expect(lab.fleet.state().joining).toMatchObject({ places: ['10.0.0.5:9238'] })
  // It meets others first, who are no inviter: they are shown no proof, and let nobody in.
  expect(await meet(joiners[0] as Room, lab)).toBe(false)
  expect(await meet(hq, lab, 'lab-1')).toBe(true)
  for (const one of joiners) {
    expect(await meet(one, lab)).toBe(true)
    expect(one.fleet.word(lab.id)?.binding).toMatchObject({ name: 'lab-1', teams: ['lab'] })
  }
  const all = [...twelve, lab]
  spread(all)

  // The root's key has not been here since the issuer was made. For 90 days everybody stays certified.
  const ends = (one: Room): number => one.fleet.state().own?.not_after ?? 0
  const before = all.slice(1).map(ends)
  for (let day = 0; day < 90; day++) {
    time.now += DAY_MS
    for (const one of all) await one.fleet.look(() => true)
    spread(all)
    for (const one of all) {
      expect(one.fleet.state()).toMatchObject({ stale: false, certified: all.length })
      expect(ends(one)).toBeGreaterThan(time.now)
    }
  }
  for (const [n, one] of all.slice(1).entries())
    expect(ends(one)).toBeGreaterThan((before[n] ?? 0) + 50 * DAY_MS)
})
