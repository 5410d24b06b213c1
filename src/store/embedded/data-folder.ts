/**
 * The calls of the file system that the store is made of. Everything goes through here, so that a test can lose what was
 * not synced, or fail any single call.
 */
export interface DataFolder {
  readonly path: string
  /** Names of the files, in no order. */
  list(): Promise<readonly string[]>
  /** Makes a file that must not be there yet; its name lasts once {@link DataFolder.sync} has resolved. */
  create(name: string): Promise<DataFile>
  /** Opens a file to be read. */
  open(name: string): Promise<DataFile>
  remove(name: string): Promise<void>
  /** Resolves when the names of the files, and the absence of those that were removed, outlast a power cut. */
  sync(): Promise<void>
}

/** One open file of the data folder. */
export interface DataFile {
  /** Length when it was opened. */
  readonly length: number
  /** Writes the parts one after the other from `offset` on; resolves when the operating system has all of them. */
  write(parts: readonly Buffer[], offset: number): Promise<void>
  /** Fills `into` from `offset` on, and resolves with the number of bytes there were. */
  read(into: Buffer, offset: number): Promise<number>
  /** Resolves when what was written outlasts a power cut. */
  sync(): Promise<void>
  close(): Promise<void>
}
