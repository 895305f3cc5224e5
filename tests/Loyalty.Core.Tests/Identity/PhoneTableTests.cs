using System.IO.Compression;
using System.Text;
using Loyalty.Identity;
using Loyalty.PhoneTable;

namespace Loyalty.Tests.Identity;

/// <summary>The embedded table is what the tool writes from the pinned package.</summary>
public sealed class PhoneTableTests
{
    [Fact]
    public void The_embedded_table_is_at_most_40_kilobytes() => Assert.InRange(Embedded().Length, 1, 40 * 1024);

    // The text counts: another version of the compressor may pack it differently.
    [Fact]
    public void F19_the_embedded_table_is_what_the_tool_writes() => Assert.Equal(NumberingPlanTable.Text(), Decompress(Embedded()));

    [Fact]
    public void F19_what_the_tool_packs_reads_back() => Assert.Equal(NumberingPlanTable.Text(), Decompress(NumberingPlanTable.Compress(NumberingPlanTable.Text())));

    private static byte[] Embedded()
    {
        using var stream = typeof(PhoneNumber).Assembly.GetManifestResourceStream("Loyalty.Identity.phones.table")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string Decompress(byte[] bytes)
    {
        using var reader = new StreamReader(new BrotliStream(new MemoryStream(bytes), CompressionMode.Decompress), Encoding.ASCII);
        return reader.ReadToEnd();
    }
}
