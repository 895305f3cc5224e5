using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Loyalty.Identity;

namespace Loyalty.Tests.Identity;

/// <summary>The embedded table is what the tool writes from the pinned package.</summary>
public sealed class PhoneTableTests
{
    [Fact]
    public void The_embedded_table_is_at_most_40_kilobytes() => Assert.InRange(Embedded().Length, 1, 40 * 1024);

    [Fact]
    public async Task The_embedded_table_is_what_the_tool_writes()
    {
        var folder = Directory.CreateTempSubdirectory("phone-table-");
        try
        {
            var file = Path.Combine(folder.FullName, "phones.table");
            using var process = Start(Path.Combine(PublicSets.Root, "tools", "phone-table", "generate.mjs"), file);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "The tool did not end within two minutes.");
            Assert.True(
                process.ExitCode == 0,
                $"The tool needs Node.js 20 or newer and npm with access to a registry that has google-libphonenumber; it ended with {process.ExitCode}:\n{await output}{await error}");

            // The text counts: another version of the compressor may pack it differently.
            Assert.Equal(Decompress(File.ReadAllBytes(file)), Decompress(Embedded()));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Process Start(string script, string file)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(script);
        start.ArgumentList.Add(file);
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new InvalidOperationException("This test runs tools/phone-table/generate.mjs and needs Node.js 20 or newer on the path.", exception);
        }
    }

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
