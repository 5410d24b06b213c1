import { access } from 'node:fs/promises'
import path from 'node:path'
import { readSettings } from '../config/settings.ts'
import { checkStore, type StoreReport } from '../store/embedded/check-store.ts'
import { fsDataFolder } from '../store/embedded/fs-data-folder.ts'
import { type Command, type CommandContext, STATUS_FAILED, STATUS_OK, STATUS_WRONG } from './command.ts'
import { errorText } from './error-text.ts'

const USAGE = 'Usage: guardbee store check [folder]'

/** `guardbee store check`. */
export const storeCommand: Command = {
  name: 'store',
  sentence: '`store check [folder]` reads a store that no broker uses and says what it holds, or what is damaged',
  takesArguments: true,
  run: store,
}

async function store({ environment, facts, terminal }: CommandContext, args: readonly string[] = []): Promise<number> {
  const [verb, given, ...rest] = args
  if (verb !== 'check' || rest.length > 0) {
    terminal.complain(USAGE)
    return STATUS_WRONG
  }
  const folder = path.resolve(given ?? readSettings(environment, facts, []).settings?.dataDir ?? 'data')
  try {
    await access(folder)
    terminal.print(reportText(folder, await checkStore(fsDataFolder(folder))))
    return STATUS_OK
  } catch (error) {
    terminal.complain(errorText(error))
    return STATUS_FAILED
  }
}

function reportText(folder: string, report: StoreReport): string {
  const torn =
    report.tornBytes === 0
      ? 'Every byte is as it was written.'
      : `The last ${report.tornBytes} bytes are not whole, as after a power cut; nobody was told that they are safe.`
  return [
    `${folder}: ${report.segments} files, ${report.bytes} bytes`,
    `  sessions           ${report.sessions}`,
    `  subscriptions      ${report.subscriptions}`,
    `  queued messages    ${report.queuedMessages}`,
    `  retained messages  ${report.retainedMessages}`,
    torn,
  ].join('\n')
}
