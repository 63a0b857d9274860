// A small agent of the official ACP library: each prompt is JSON with what it asks permission for, and it says what it was told.
import { spawn } from 'node:child_process'
import { Readable, Writable } from 'node:stream'
import { agent, methods, ndJsonStream, PROTOCOL_VERSION } from '@agentclientprotocol/sdk'

const OPTIONS = [
  { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
  { optionId: 'always', name: 'Always', kind: 'allow_always' },
  { optionId: 'no', name: 'Reject', kind: 'reject_once' },
]
let sessions = 0

const app = agent({ name: 'test-agent' })
  .onRequest(methods.agent.initialize, () => ({ protocolVersion: PROTOCOL_VERSION, agentCapabilities: {} }))
  .onRequest(methods.agent.session.new, () => ({ sessionId: `s${++sessions}` }))
  .onRequest(methods.agent.session.prompt, async ({ params, client }) => {
    const { sessionId } = params
    const { before, toolCall, options = OPTIONS, leave } = JSON.parse(params.prompt[0].text)
    // What it starts and does not end has to be gone with it.
    if (leave !== undefined) spawn('sleep', [leave], { stdio: 'ignore' })
    if (before !== undefined)
      await client.notify(methods.client.session.update, {
        sessionId,
        update: { sessionUpdate: 'tool_call', ...before },
      })
    if (toolCall === undefined) return { stopReason: 'end_turn' }
    const said = await client
      .request(methods.client.session.requestPermission, { sessionId, toolCall, options })
      .catch((error) => ({ failed: error.message }))
    const content = { type: 'text', text: JSON.stringify(said) }
    await client.notify(methods.client.session.update, {
      sessionId,
      update: { sessionUpdate: 'agent_message_chunk', content },
    })
    return { stopReason: 'end_turn' }
  })
app.connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)))
