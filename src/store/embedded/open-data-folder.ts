import path from 'node:path'
import { BrokerError } from '../../core/errors.ts'
import type { DataFolder } from './data-folder.ts'
import { lockFolder } from './folder-lock.ts'
import { openFsDataFolder } from './fs-data-folder.ts'

/** A data folder that this process has for itself. */
export interface LockedFolder {
  readonly folder: DataFolder
  release(): Promise<void>
}

/** Makes the folder where it is missing and takes it. Where it cannot be had: a `STORE_UNAVAILABLE` error that says why. */
export async function openDataFolder(dataDir: string): Promise<LockedFolder> {
  const absolute = path.resolve(dataDir)
  try {
    const folder = await openFsDataFolder(absolute)
    const lock = await lockFolder(absolute)
    return { folder, release: () => lock.release() }
  } catch (cause) {
    if (cause instanceof BrokerError) throw cause
    throw new BrokerError('STORE_UNAVAILABLE', `the data folder ${absolute} cannot be written`, { cause })
  }
}
