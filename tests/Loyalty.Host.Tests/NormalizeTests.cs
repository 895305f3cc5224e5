using System.Diagnostics;
using System.Text;
using Loyalty.Host;

namespace Loyalty.Tests.Host;

/// <summary><c>loyalty normalize</c> as a process.</summary>
public sealed class NormalizeTests
{
    [Fact]
    public void Phones_come_out_one_line_each()
    {
        var lines = Run("phone --region US", "(315) 921-2129\n06 1234 3725\tIT\n(+1)832*****59\nabc\n+44 7700 900429 ext. 5\n");
        Assert.Equal(
            [
                "(315) 921-2129\t+13159212129\ttrue\ttrue\tUS\tfalse\t\tfixed_line_or_mobile\t",
                "06 1234 3725\t+390612343725\ttrue\ttrue\tIT\tfalse\t\tfixed_line\t",
                "(+1)832*****59\t\tfalse\tfalse\t\ttrue\tmasked\t\t",
                "abc\t\tfalse\tfalse\t\tfalse\tnot_a_number\t\t",
                "+44 7700 900429 ext. 5\t\ttrue\tfalse\t\tfalse\tunassigned\t\t5",
            ],
            lines);
    }

    [Fact]
    public void Handles_come_out_one_line_each()
    {
        Assert.Equal(
            ["@Some.Creator\tsome.creator\tok\t", "https://www.instagram.com/Name/\tname\tok\t", "-\t\tplaceholder\tmissing", "https://vm.tiktok.com/ZM/\t\tunresolved\tshort_link"],
            Run("handle", "@Some.Creator\nhttps://www.instagram.com/Name/\n-\nhttps://vm.tiktok.com/ZM/\n"));
        Assert.Equal(["https://www.instagram.com/Name/\t\tnot_a_handle\tother_platform"], Run("handle --platform tiktok", "https://www.instagram.com/Name/"));
    }

    [Fact]
    public void Lines_come_out_as_JSON_objects_when_asked_for()
    {
        Assert.Equal(
            [
                """{"input":"@Some.Creator","handle":"some.creator","status":"ok","reason":""}""",
                """{"input":"a \"b\"","handle":"","status":"invalid","reason":"inner_space"}""",
            ],
            Run("handle --json", "@Some.Creator\na \"b\"\n"));
        Assert.Equal(
            ["""{"input":"06 1234 3725","e164":"+390612343725","possible":true,"valid":true,"region":"IT","masked":false,"reason":"","type":"fixed_line","extension":""}"""],
            Run("phone --json", "06 1234 3725\tIT\n"));
        Assert.Equal(["""{"input":"BenjamÃ­n","repaired":"Benjamín","changed":true}"""], Run("name --json", "BenjamÃ­n\n"));
        Assert.Equal(["""{"input":"jane","email":"","reason":"not_an_address"}"""], Run("email --json", "jane\n"));
        Assert.Equal(4_000, Run("handle --json", string.Concat(Enumerable.Repeat(new string('a', 100) + "\n", 4_000))).Length);
    }

    [Fact]
    public void Names_and_addresses_come_out_one_line_each()
    {
        Assert.Equal(["BenjamÃ­n\tBenjamín\ttrue", "São Tomé\tSão Tomé\tfalse", "\t\tfalse"], Run("name", "BenjamÃ­n\r\nSão Tomé\r\n\r\n"));
        Assert.Equal([" Jane@Example.COM \tjane@example.com\t", "jane\t\tnot_an_address"], Run("email", " Jane@Example.COM \njane\n"));
    }

    [Fact]
    public void Masked_phones_are_matched_with_candidates()
    {
        Assert.Equal(
            [
                "(+1)832*****59\tmatched\t+18325550159\tstrict\t1\t80000\t",
                "832*****59\tmatched\t+18325550159\tstrict\t1\t80000\t",
                "(+1)832*****59\tambiguous\t\tstrict\t2\t80000\t",
                "(+1)832*****59\tnone\t\t\t0\t80000\t",
                "832*****59\tinvalid\t\t\t0\t0\tno_calling_code",
            ],
            Run(
                "match-phone",
                "(+1)832*****59\t+18325550159|+13159212129|n/a\n832*****59\t(832) 555-0159\tUS\n(+1)832*****59\t+18325550159|+18325550259\n(+1)832*****59\t\n832*****59\t+18325550159\n"));
    }

    [Theory]
    [InlineData("phone", 9)]
    [InlineData("handle", 4)]
    [InlineData("name", 3)]
    [InlineData("email", 3)]
    [InlineData("match-phone", 7)]
    public void Any_bytes_give_one_line_of_the_same_columns(string what, int columns)
    {
        var random = new Random(5);
        var input = new byte[200_000];
        random.NextBytes(input);
        for (var i = 0; i < input.Length; i += 1 + random.Next(60))
        {
            input[i] = (byte)"\n\t\r\\\0 +"[random.Next(7)];
        }

        var expected = input.Count(b => b == '\n') + (input[^1] == '\n' ? 0 : 1);
        var lines = Run(what, input);
        Assert.Equal(expected, lines.Length);
        Assert.All(lines, line => Assert.Equal(columns, line.Split('\t').Length));
    }

    [Fact]
    public void What_would_break_the_table_is_escaped_and_can_be_undone()
    {
        var input = Encoding.Latin1.GetBytes("a\tb\\c\\td\re\u00FFf\\\n");
        Assert.Equal([@"a\tb\c\\td\re\xFFf\", @"a\tb\c\\td\re\xFFf\", "false"], Assert.Single(Run("name", input)).Split('\t'));
    }

    [Fact]
    public void A_very_long_line_is_echoed_and_refused_in_bounded_memory()
    {
        var input = Encoding.UTF8.GetBytes("@one\n" + new string('é', 3_000_000) + "\n@two\n");
        var lines = Run("handle", input);
        Assert.Equal(3, lines.Length);
        Assert.Equal(new string('é', 3_000_000) + "\t\tinvalid\toversized", lines[1]);
        Assert.Equal("@two\ttwo\tok\t", lines[2]);
    }

    [Fact]
    public void An_unknown_region_or_kind_is_wrong_usage()
    {
        using var process = Start("phone --region UK");
        process.StandardInput.Close();
        Assert.Contains("UK", process.StandardError.ReadToEnd(), StringComparison.Ordinal);
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
    }

    private static string[] Run(string arguments, string input) => Run(arguments, Encoding.UTF8.GetBytes(input));

    private static string[] Run(string arguments, byte[] input)
    {
        using var process = Start(arguments);
        var writing = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        });
        var error = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        writing.Wait();
        Assert.Equal((0, ""), (process.ExitCode, error.Result));
        var text = new UTF8Encoding(false, true).GetString(output.GetBuffer(), 0, (int)output.Length);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return text[..^1].Split('\n');
    }

    private static Process Start(string arguments) => Process.Start(new ProcessStartInfo(
        "dotnet", $"\"{Path.Combine(AppContext.BaseDirectory, "loyalty.dll")}\" normalize {arguments}")
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        StandardErrorEncoding = Encoding.UTF8,
    })!;
}
