import { z } from 'zod'

/** GET /me/export. */
export const exportAnswer = z.strictObject({
  exported_at: z.iso.datetime(),
  hub: z.url(),
  account_id: z.int(),
  /** By table, then by row; a row under the names of its columns. */
  tables: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))),
})

export type ExportAnswer = z.output<typeof exportAnswer>

/** DELETE /me. */
export const receiptAnswer = z.strictObject({
  receipt_id: z.uuid(),
  account_id: z.int(),
  deleted_at: z.iso.datetime(),
  /** Rows, by table. */
  erased: z.record(z.string(), z.int()),
  kept: z.array(
    z.strictObject({
      what: z.string(),
      count: z.int(),
      until: z.iso.datetime(),
      why: z.string(),
    }),
  ),
})

export type ReceiptAnswer = z.output<typeof receiptAnswer>
