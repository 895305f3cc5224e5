using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Xunit;
using Loyalty.Activities;
using Loyalty.Ingest;
using Loyalty.Ingest.Csv;
using Loyalty.Ingest.Videos;

namespace Loyalty.Tests.Ingest.Videos;

/// <summary>Blocks that several threads read and take: each row once and in its order, whoever is slow, and nobody waits for ever.</summary>
public sealed class VideoBlocksTests
{
    [Property(MaxTest = 2_000)]
    public async Task Each_row_comes_once_and_in_order(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        var rows = random.Next(40);
        var failing = random.Next(4) == 0 ? random.Next(40) : -1;
        var isCut = random.Next(4) == 0;
        var perBlock = random.Next(1, 5);
        var (paces, pacesOfTakers) = (random.Next(4), random.Next(4));
        var text = "n\n" + string.Concat(Enumerable.Range(0, rows).Select(static i => $"{i}\n")) + (isCut ? "\"open" : string.Empty);
        using var file = new InputFile(Encoding.UTF8.GetBytes(text));
        using var source = CsvSource.Open(file.Path, static (in Reject _) => { });
        var blocks = new VideoBlocks(source, Take, perBlock, blocks: random.Next(1, 7), room: 1, helpers: random.Next(6));
        var seen = new List<int>();
        var fault = await Record.ExceptionAsync(async () => await ReadAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1)));

        // A block that the fault of the file ends is given to nobody.
        var given = isCut ? rows - (rows % perBlock) : rows;
        if (failing >= 0 && failing < given)
        {
            Assert.Equal("take", Assert.IsType<InvalidOperationException>(fault).Message);
            Assert.Equal(Enumerable.Range(0, seen.Count), seen);
            Assert.Equal(failing - (failing % perBlock), seen.Count);
        }
        else
        {
            Assert.Equal(isCut, (fault as SourceException)?.Fault == SourceFault.UnclosedQuote);
            Assert.Equal(Enumerable.Range(0, seen.Count), seen);
            Assert.Equal(given, seen.Count);
        }

        async Task ReadAsync(CancellationToken cancellation)
        {
            var pace = new Random(seed.Item / 2);
            await foreach (var block in blocks.ReadAllAsync(cancellation))
            {
                for (var i = 0; i < block.Records.Count; i++)
                {
                    seen.Add(int.Parse(block.Records.Cell(i, 0), CultureInfo.InvariantCulture));
                }

                Assert.Equal(block.Records.Count, block.Batch.Count);
                await PauseAsync(pace, paces);
            }
        }

        void Take(CsvRecords records, ActivityBatch batch)
        {
            for (var i = 0; i < records.Count; i++)
            {
                var number = int.Parse(records.Cell(i, 0), CultureInfo.InvariantCulture);
                if (number == failing)
                {
                    throw new InvalidOperationException("take");
                }

                batch.Add(new Activity { Handle = "ann"u8, Key = records.Cell(i, 0), Date = new DateOnly(2025, 1, 1) });
                Thread.SpinWait(pacesOfTakers * 50 * (number % 3));
            }
        }
    }

    [Property(MaxTest = 200)]
    public async Task Whoever_stops_or_is_cancelled_leaves_nobody_at_work(DoNotSize<int> seed)
    {
        var random = new Random(seed.Item);
        using var file = new InputFile(Encoding.UTF8.GetBytes("n\n" + string.Concat(Enumerable.Range(0, 5_000).Select(static i => $"{i}\n"))));
        using var source = CsvSource.Open(file.Path, static (in Reject _) => { });
        using var cancel = new CancellationTokenSource();
        var atWork = 0;
        var blocks = new VideoBlocks(source, Take, rows: 3, blocks: random.Next(1, 7), room: 1, helpers: random.Next(6));
        var (left, cancels) = (random.Next(50), random.Next(2) == 0);
        var fault = await Record.ExceptionAsync(async () => await ReadAsync().WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(cancels, fault is OperationCanceledException);
        Assert.Equal(0, Volatile.Read(ref atWork));
        Assert.InRange(source.RowsRead, 1, 4_999);

        async Task ReadAsync()
        {
            await foreach (var block in blocks.ReadAllAsync(cancel.Token))
            {
                if (left-- == 0)
                {
                    if (!cancels)
                    {
                        break;
                    }

                    await cancel.CancelAsync();
                }
            }
        }

        void Take(CsvRecords records, ActivityBatch batch)
        {
            Interlocked.Increment(ref atWork);
            Thread.SpinWait(200);
            Interlocked.Decrement(ref atWork);
        }
    }

    private static async Task PauseAsync(Random pace, int paces)
    {
        if (paces == 1)
        {
            await Task.Yield();
        }
        else if (paces == 2)
        {
            Thread.SpinWait(pace.Next(1_000));
        }
        else if (paces == 3 && pace.Next(20) == 0)
        {
            await Task.Delay(1);
        }
    }
}
