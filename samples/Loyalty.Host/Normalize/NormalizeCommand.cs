using System.Buffers;
using System.Text;
using Loyalty.Identity;

namespace Loyalty.Host.Normalize;

/// <summary><c>loyalty normalize …</c>: one input per line, one TSV line per input, streaming.</summary>
public static class NormalizeCommand
{
    private static readonly SearchValues<byte> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    private static readonly byte[][] HandleReasons = Codes<HandleReason>();
    private static readonly byte[][] HandleStatuses = Codes<HandleStatus>();
    private static readonly byte[][] PhoneReasons = Codes<PhoneReason>();
    private static readonly byte[][] PhoneTypes = Codes<PhoneNumberType>();
    private static readonly byte[][] MaskReasons = Codes<MaskedPhoneReason>();
    private static readonly byte[][] EmailReasons = Codes<EmailReason>();

    /// <summary>Reads handles: <c>input, handle, status, reason</c>.</summary>
    /// <param name="input">Lines of UTF-8.</param>
    /// <param name="output">Receives the TSV lines; flushed at the end.</param>
    /// <param name="platform">The platform whose rules count. Without it TikTok's do, unless the link or label names another.</param>
    /// <param name="cancellation">Ends the run between two lines.</param>
    /// <returns>The exit code: 0.</returns>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static int RunHandle(Stream input, Stream output, HandlePlatform? platform = null, CancellationToken cancellation = default)
    {
        Span<byte> handle = stackalloc byte[Handle.MaxUtf8Length];
        var lines = new LineInput(input);
        var tsv = new LineOutput(output);
        while (lines.TryRead(out var line))
        {
            cancellation.ThrowIfCancellationRequested();
            HandleStatus status;
            HandleReason reason;
            int written;
            if (lines.Continues)
            {
                EchoLong(lines, tsv, line, cancellation);
                (status, reason, written) = (HandleStatus.Invalid, HandleReason.Oversized, 0);
            }
            else
            {
                tsv.Text(line);
                status = ReadHandle(line, platform, handle, out written, out reason);
            }

            tsv.Raw((byte)'\t');
            tsv.Raw(handle[..written]);
            tsv.Raw((byte)'\t');
            tsv.Raw(HandleStatuses[(int)status]);
            tsv.Raw((byte)'\t');
            tsv.Raw(HandleReasons[(int)reason]);
            tsv.Raw((byte)'\n');
        }

        tsv.Flush();
        output.Flush();
        return 0;
    }

    private static HandleStatus ReadHandle(ReadOnlySpan<byte> line, HandlePlatform? platform, Span<byte> handle, out int written, out HandleReason reason)
    {
        var status = Handle.Normalize(line, platform ?? HandlePlatform.TikTok, handle, out written, out reason);
        for (var other = HandlePlatform.Instagram; platform is null && reason == HandleReason.OtherPlatform && other <= HandlePlatform.YouTube; other++)
        {
            status = Handle.Normalize(line, other, handle, out written, out reason);
        }

        return status;
    }

    /// <summary>Reads phone numbers: <c>input, e164, possible, valid, region, masked, reason, type, extension</c>.</summary>
    /// <param name="input">Lines of UTF-8; <c>number</c> or <c>number TAB region</c>, and then the line's region wins.</param>
    /// <param name="output">Receives the TSV lines; flushed at the end.</param>
    /// <param name="region">The region of numbers without calling code.</param>
    /// <param name="cancellation">Ends the run between two lines.</param>
    /// <returns>The exit code: 0.</returns>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static int RunPhone(Stream input, Stream output, PhoneRegion region = default, CancellationToken cancellation = default)
    {
        Span<byte> e164 = stackalloc byte[PhoneNumber.MaxE164Length];
        var lines = new LineInput(input);
        var tsv = new LineOutput(output);
        while (lines.TryRead(out var line))
        {
            cancellation.ThrowIfCancellationRequested();
            PhoneNumber number = default;
            PhoneReason reason;
            if (lines.Continues)
            {
                EchoLong(lines, tsv, line, cancellation);
                reason = PhoneReason.Oversized;
            }
            else
            {
                line = SplitRegion(line, region, out var hint);
                tsv.Text(line);
                reason = PhoneNumber.Read(line, hint, out number);
            }

            var written = 0;
            if (number.IsValid)
            {
                number.TryFormat(e164, out written, default, null);
            }

            tsv.Raw((byte)'\t');
            tsv.Raw(e164[..written]);
            tsv.Raw(number.IsPossible ? "\ttrue\t"u8 : "\tfalse\t"u8);
            tsv.Raw(number.IsValid ? "true\t"u8 : "false\t"u8);
            tsv.Raw(RegionNames.Of(number.Region));
            tsv.Raw(reason == PhoneReason.Masked ? "\ttrue\t"u8 : "\tfalse\t"u8);
            tsv.Raw(PhoneReasons[(int)reason]);
            tsv.Raw((byte)'\t');
            tsv.Raw(number.IsValid ? PhoneTypes[(int)number.Type] : []);
            tsv.Raw((byte)'\t');
            tsv.Raw(number.Extension.Length == 0 ? [] : Encoding.ASCII.GetBytes(number.Extension));
            tsv.Raw((byte)'\n');
        }

        tsv.Flush();
        output.Flush();
        return 0;
    }

    /// <summary>Repairs names: <c>input, repaired, changed</c>.</summary>
    /// <param name="input">Lines of UTF-8.</param>
    /// <param name="output">Receives the TSV lines; flushed at the end.</param>
    /// <param name="cancellation">Ends the run between two lines.</param>
    /// <returns>The exit code: 0.</returns>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static int RunName(Stream input, Stream output, CancellationToken cancellation = default)
    {
        var repaired = new byte[LineInput.DefaultLimit];
        var lines = new LineInput(input);
        var tsv = new LineOutput(output);
        while (lines.TryRead(out var line))
        {
            cancellation.ThrowIfCancellationRequested();
            if (lines.Continues)
            {
                // Far too long for a name: echoed, and its second copy left out.
                EchoLong(lines, tsv, line, cancellation);
                tsv.Raw("\t\tfalse\n"u8);
                continue;
            }

            var changed = NameRepair.TryRepair(line, repaired, out var written);
            tsv.Text(line);
            tsv.Raw((byte)'\t');
            tsv.Text(changed ? repaired.AsSpan(0, written) : line);
            tsv.Raw(changed ? "\ttrue\n"u8 : "\tfalse\n"u8);
        }

        tsv.Flush();
        output.Flush();
        return 0;
    }

    /// <summary>Reads e-mail addresses: <c>input, email, reason</c>.</summary>
    /// <param name="input">Lines of UTF-8.</param>
    /// <param name="output">Receives the TSV lines; flushed at the end.</param>
    /// <param name="cancellation">Ends the run between two lines.</param>
    /// <returns>The exit code: 0.</returns>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static int RunEmail(Stream input, Stream output, CancellationToken cancellation = default)
    {
        Span<byte> email = stackalloc byte[EmailAddress.MaxUtf8Length];
        var lines = new LineInput(input);
        var tsv = new LineOutput(output);
        while (lines.TryRead(out var line))
        {
            cancellation.ThrowIfCancellationRequested();
            var written = 0;
            var reason = EmailReason.Oversized;
            if (lines.Continues)
            {
                EchoLong(lines, tsv, line, cancellation);
            }
            else
            {
                tsv.Text(line);
                reason = EmailAddress.Normalize(line, email, out written);
            }

            tsv.Raw((byte)'\t');
            tsv.Raw(email[..written]);
            tsv.Raw((byte)'\t');
            tsv.Raw(EmailReasons[(int)reason]);
            tsv.Raw((byte)'\n');
        }

        tsv.Flush();
        output.Flush();
        return 0;
    }

    /// <summary>Compares masked numbers with candidates: <c>masked, result, match, fit, hits, valid_numbers, reason</c>.</summary>
    /// <param name="input">Lines of UTF-8: <c>masked TAB candidate1|candidate2|… [TAB region]</c>.</param>
    /// <param name="output">Receives the TSV lines; flushed at the end.</param>
    /// <param name="region">The region of numbers without calling code on lines without region.</param>
    /// <param name="cancellation">Ends the run between two lines.</param>
    /// <returns>The exit code: 0.</returns>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static int RunMatchPhone(Stream input, Stream output, PhoneRegion region = default, CancellationToken cancellation = default)
    {
        Span<byte> e164 = stackalloc byte[PhoneNumber.MaxE164Length];
        var candidates = new List<PhoneNumber>();
        var lines = new LineInput(input);
        var tsv = new LineOutput(output);
        while (lines.TryRead(out var line))
        {
            cancellation.ThrowIfCancellationRequested();
            if (lines.Continues)
            {
                EchoLong(lines, tsv, line, cancellation);
                tsv.Raw("\tinvalid\t\t\t0\t0\toversized\n"u8);
                continue;
            }

            var text = Cell(ref line);
            var list = Cell(ref line);
            var hint = PhoneRegion.TryParse(TrimCell(line), out var given) ? given : region;
            candidates.Clear();
            for (var more = true; more;)
            {
                var bar = list.IndexOf((byte)'|');
                PhoneNumber.Read(bar < 0 ? list : list[..bar], hint, out var candidate);
                candidates.Add(candidate);
                more = bar >= 0;
                list = more ? list[(bar + 1)..] : default;
            }

            tsv.Text(text);
            var reason = MaskedPhoneNumber.Read(text, hint, out var masked);
            var match = masked.Match(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(candidates));
            tsv.Raw(reason != MaskedPhoneReason.None ? "\tinvalid\t"u8 : match.Outcome switch
            {
                MaskedPhoneOutcome.Matched => "\tmatched\t"u8,
                MaskedPhoneOutcome.Ambiguous => "\tambiguous\t"u8,
                _ => "\tnone\t"u8,
            });
            match.Number.TryFormat(e164, out var written, default, null);
            tsv.Raw(e164[..written]);
            tsv.Raw(match.Fit switch { MaskFit.Strict => "\tstrict\t"u8, MaskFit.Lenient => "\tlenient\t"u8, _ => "\t\t"u8 });
            tsv.Number(match.Hits);
            tsv.Raw((byte)'\t');
            tsv.Number(masked.CountValidNumbers());
            tsv.Raw((byte)'\t');
            tsv.Raw(MaskReasons[(int)reason]);
            tsv.Raw((byte)'\n');
        }

        tsv.Flush();
        output.Flush();
        return 0;
    }

    /// <summary>Takes a region off the end of a line. What is no two letters or nothing belongs to the number.</summary>
    private static ReadOnlySpan<byte> SplitRegion(ReadOnlySpan<byte> line, PhoneRegion region, out PhoneRegion hint)
    {
        hint = region;
        var tab = line.LastIndexOf((byte)'\t');
        if (tab < 0)
        {
            return line;
        }

        var cell = TrimCell(line[(tab + 1)..]);
        if ((cell.Length > 3 || cell.ContainsAnyExcept(Letters)) && !cell.SequenceEqual("001"u8))
        {
            return line;
        }

        if (!cell.IsEmpty)
        {
            // A region that does not exist is no region, not another one.
            hint = PhoneRegion.TryParse(cell, out var given) ? given : default;
        }

        return line[..tab];
    }

    private static ReadOnlySpan<byte> Cell(ref ReadOnlySpan<byte> line)
    {
        var tab = line.IndexOf((byte)'\t');
        var cell = tab < 0 ? line : line[..tab];
        line = tab < 0 ? default : line[(tab + 1)..];
        return cell;
    }

    private static ReadOnlySpan<byte> TrimCell(ReadOnlySpan<byte> cell) => cell.Trim((byte)' ');

    /// <summary>Echoes a line that is too long to be looked at, piece by piece.</summary>
    private static void EchoLong(LineInput lines, LineOutput tsv, ReadOnlySpan<byte> piece, CancellationToken cancellation)
    {
        tsv.Text(piece);
        while (lines.Continues && lines.TryRead(out piece))
        {
            cancellation.ThrowIfCancellationRequested();
            tsv.Text(piece);
        }
    }

    /// <summary>The names of an enum in snake case, by value; <c>None</c> is empty.</summary>
    /// <summary>A reason as it is written everywhere: <c>inner_space</c>.</summary>
    internal static string Word(HandleReason reason) => Encoding.ASCII.GetString(HandleReasons[(int)reason]);

    private static byte[][] Codes<T>()
        where T : struct, Enum =>
        [.. Enum.GetValues<T>().Select(value => value.ToString()).Select(name => name == "None" ? [] : Encoding.ASCII.GetBytes(
            string.Concat(name.Select((c, i) => char.IsAsciiLetterUpper(c) && i > 0 ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()))))];
}
