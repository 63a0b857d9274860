// karo dashboard: opens the page of this node in the person's browser, with a code that opens it once.
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { createSessionCode } from '../../../api/contract/operations/tokens.ts'
import { EXIT, KaroError } from '../../../base/errors.ts'
import { openBrowser } from '../../browser.ts'
import { type Command, defineCommand } from '../../command.ts'
