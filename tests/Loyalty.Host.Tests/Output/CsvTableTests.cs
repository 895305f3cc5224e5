using System.Text;
using CsvHelper;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Host.Output;

namespace Loyalty.Tests.Host.Output;

public sealed class CsvTableTests
{
    private static readonly string[] Pieces = ["", "a", "\"", ",", "\n", "\r", "\r\n", " ", "é", "😀", "=1", "-5", "+", "@x", "\t", "'", "\\.", "\"\"", "N/A", "0", "\u00a0"];

    /// <summary>Every cell of any table comes back as it was, whatever stands in it.</summary>
    [Property(MaxTest = 5_000, Arbitrary = [typeof(TextTables)])]
    public bool C16_What_is_written_is_read_back_exactly(TextTable table) => Round(table.Columns, table.Rows);

    /// <summary>Ten million cells: what was written is read back, and what is read is written as it was.</summary>
    [Fact]
    public void C16_Ten_million_cells_come_back_and_are_written_again_byte_for_byte()
    {
        const int Columns = 10;
        const int RowsAtOnce = 50_000;
        const int Tables = 20;
        var texts = Texts();
        var utf8 = Array.ConvertAll(texts, Encoding.UTF8.GetBytes);
        string[] header = [.. Enumerable.Range(0, Columns).Select(static i => $"c{i}")];
        for (var seed = 0; seed < Tables; seed++)
        {
            using var first = new MemoryStream();
            var random = new Random(seed);
            using (var table = new CsvTable(first, safe: false, header))
            {
                for (var row = 0; row < RowsAtOnce; row++)
                {
                    for (var column = 0; column < Columns; column++)
                    {
                        table.Text(texts[random.Next(texts.Length)]);
                    }

                    table.EndRow();
                }
            }

            var bytes = first.ToArray();
            using var second = new MemoryStream(bytes.Length);
            random = new Random(seed);
            using (var table = new CsvTable(second, safe: false, header))
            using (var reader = Open(bytes))
            {
                for (var row = 0; row < RowsAtOnce; row++)
                {
                    Assert.True(reader.Read() && reader.FieldCount == Columns, $"table {seed}, row {row}");
                    for (var column = 0; column < Columns; column++)
                    {
                        var cell = reader.GetSpan(column);
                        Assert.True(cell.SequenceEqual(utf8[random.Next(utf8.Length)]), $"table {seed}, row {row}, column {column}");
                        table.Text(Encoding.UTF8.GetString(cell));
                    }

                    table.EndRow();
                }

                Assert.False(reader.Read());
            }

            Assert.True(bytes.AsSpan().SequenceEqual(second.ToArray()), $"table {seed}");
        }
    }

    /// <summary>Every piece, every pair of pieces, and some longer texts.</summary>
    private static string[] Texts() =>
    [
        .. Pieces, .. from a in Pieces from b in Pieces select a + b, .. from a in Pieces select string.Concat(Enumerable.Repeat(a + "x", 40)),
    ];

    private static CsvReader Open(byte[] bytes) => CsvReader.Create(bytes, CsvReaderOptions.Default with
    {
        Separator = ',', MalformedData = CsvMalformedDataHandling.Throw, FieldCountMismatch = CsvFieldCountHandling.Throw, SkipEmptyLines = false,
    });

    private static bool Round(int columns, string[][] rows)
    {
        using var stream = new MemoryStream();
        var header = Enumerable.Range(0, columns).Select(static i => $"c{i}").ToArray();
        using (var table = new CsvTable(stream, safe: false, header))
        {
            foreach (var row in rows)
            {
                foreach (var text in row)
                {
                    table.Text(text);
                }

                table.EndRow();
            }
        }

        var bytes = stream.ToArray();
        using var reader = Open(bytes);
        foreach (var row in rows)
        {
            if (!reader.Read() || reader.FieldCount != columns)
            {
                return false;
            }

            for (var i = 0; i < columns; i++)
            {
                if (!reader.GetSpan(i).SequenceEqual(Encoding.UTF8.GetBytes(row[i])))
                {
                    return false;
                }
            }
        }

        return !reader.Read() && !bytes.AsSpan().StartsWith("\uFEFF"u8);
    }

    private static class TextTables
    {
        private static readonly Gen<string> Cell = Gen.Elements(Pieces).ArrayOf().Select(static parts => string.Concat(parts));

        public static Arbitrary<TextTable> Any { get; } =
            (from columns in Gen.Choose(2, 8)
             from rows in Cell.ArrayOf(columns).ArrayOf()
             select new TextTable(columns, rows)).ToArbitrary();
    }
}

public sealed record TextTable(int Columns, string[][] Rows)
{
    public override string ToString() => $"{Columns} columns{string.Concat(Rows.Select(static row => $"\n[{string.Join("][", row)}]"))}";
}
