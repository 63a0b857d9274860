// One node of a LAN asks by mDNS for all: as long as somebody else asks and is answered, the others listen.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { encodeAnswers, encodeQuestions } from '../../../src/mesh/discovery/mdns-packet.ts'
import { canNamespaces, createLan, type LanMember } from '../../support/node/lan.ts'
import { startNode } from '../../support/node/node.ts'
import { track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'

const possible = canNamespaces()
const SERVICE = '_karo._udp.local'
const QUESTION = encodeQuestions([{ name: SERVICE, type: 'PTR' }])
/** Of nobody who could be dialled. */
const ANSWER = encodeAnswers([{ name: SERVICE, type: 'PTR', ttl: 120, data: `nobody.${SERVICE}` }])

/** Asks and answers four times a second while told to, and prints the address of each question that it hears from others. */
const TALKER = (question: Buffer, answer: Buffer, own: string): string => `
  const socket = require('dgram').createSocket({ type: 'udp4', reuseAddr: true })
  const send = (text) => socket.send(Buffer.from(text, 'base64'), 5353, '224.0.0.251')
  let timer
  socket.on('message', (bytes, from) => {
    if (from.address !== '${own}' && (bytes[2] & 0x80) === 0) console.log(from.address)
  })
  process.stdin.on('data', (word) => {
    clearInterval(timer)
    let rounds = 0
    if (String(word).startsWith('talk')) timer = setInterval(() => {
      send('${question.toString('base64')}')
      send('${answer.toString('base64')}')
      if (++rounds === 24) {
        clearInterval(timer)
        console.log('said')
      }
    }, 250)
  })
  socket.bind(5353, () => {
    socket.addMembership('224.0.0.251', '${own}')
    socket.setMulticastInterface('${own}')
    console.log('listening')
  })`

describe.skipIf(!possible.ok)(`questions by mDNS ${possible.reason}`, () => {
  test('a node is silent while another host asks and is answered, and asks again after that', async () => {
    const lan = createLan(2)
    const [here, beside] = lan.members as [LanMember, LanMember]
    const child = track(
      spawn(
        'nsenter',
        [
          `--net=/run/netns/${beside.netns}`,
          process.execPath,
          '-e',
          TALKER(QUESTION, ANSWER, beside.address),
        ],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      ),
    )
    const lines: string[] = []
    createInterface(child.stdout).on('line', (line) => lines.push(line))
    const questions = (from = 0): number => lines.slice(from).filter((line) => line === here.address).length
    await until(() => lines.includes('listening'), { what: 'somebody listens' })
    const node = await startNode({ netns: here.netns, config: '[discovery]\nmdns_interval_seconds = 1' })
    await until(() => questions() >= 3, { what: 'alone it asks each second' })

    const before = lines.length
    child.stdin.write('talk\n')
    await until(() => lines.includes('said'), { what: 'six seconds of talk' })
    expect(questions(before)).toBeLessThan(4)

    const after = lines.length
    await until(() => questions(after) >= 3, { what: 'it asks again' })
    await node.stop()
    lan.close()
  })
})
