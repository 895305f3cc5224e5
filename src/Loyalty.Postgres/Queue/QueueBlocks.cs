using System.Globalization;
using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Runs;

namespace Loyalty.Postgres.Queue;

/// <summary>
/// Deliveries of bulk runs stand in blocks, which cost next to nothing to store, and become rows when somebody looks at the queue. All of them come after every row: who stores
/// deliveries while there is a block stores a block, and blocks become rows in their order, so that a lane never says a later delivery before an earlier one.
/// </summary>
internal static class QueueBlocks
{
    /// <summary>Whether there is one, as far as it is committed.</summary>
    public static async ValueTask<bool> ExistAsync(TenantTransaction transaction, CancellationToken cancellationToken) =>
        await transaction.Command(QueueSql.HasBlocks).ScalarAsync(cancellationToken).ConfigureAwait(false) is true;

    /// <summary>Makes rows of the first block, or waits until somebody else has done so; never for who stores deliveries.</summary>
    /// <returns>Whether there was one that nobody else took.</returns>
    public static async ValueTask<bool> TakeFirstAsync(TenantTransaction transaction, CancellationToken cancellationToken)
    {
        byte[] rows;
        var command = transaction.Command(QueueSql.TakeFirstBlock);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }

                if (reader.GetInt32(1) is var layout and not DeliveryRows.Layout)
                {
                    throw new StoreException(StoreFault.Refused, string.Create(
                        CultureInfo.InvariantCulture,
                        $"The block of deliveries at {reader.GetInt64(0)} has the layout {layout}, and this version of the library knows {DeliveryRows.Layout}; use the version that stored it, or a newer one."));
                }

                rows = reader.GetFieldValue<byte[]>(2);
            }
        }

        await DeliveryRows.WriteAsync(rows, transaction, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
