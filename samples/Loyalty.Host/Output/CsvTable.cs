using System.Globalization;
using CsvHelper;
using Loyalty.Money;

namespace Loyalty.Host.Output;

/// <summary>Writes one CSV file: UTF-8 without byte order mark, LF, RFC 4180 quoting, invariant numbers, ISO dates.</summary>
internal sealed class CsvTable : IDisposable
{
    private readonly CsvWriter _writer;
    private readonly bool _safe;

    public CsvTable(Stream stream, bool safe, params ReadOnlySpan<string> header)
    {
        _safe = safe;
        _writer = CsvWriter.Create(stream, CsvWriterOptions.Default with
        {
            NewLine = "\n",
            Injection = safe ? CsvInjection.Escape : CsvInjection.None,
            InjectionCharacters = "=@+-\t\r\n",
            BufferSize = 1 << 17,
        });
        foreach (var name in header)
        {
            _writer.WriteField(name);
        }

        _writer.EndRecord();
    }

    public CsvTable Text(string text)
    {
        _writer.WriteField(text);
        return this;
    }

    public CsvTable Text(ReadOnlySpan<byte> utf8)
    {
        _writer.WriteField(utf8);
        return this;
    }

    public CsvTable Empty() => Text(default(ReadOnlySpan<byte>));

    public CsvTable Number(long number)
    {
        _writer.WriteField(number);
        return this;
    }

    public CsvTable Date(DateOnly? date)
    {
        if (date is not { } day)
        {
            return Empty();
        }

        // Written as bytes, because the writer's own way formats by pattern.
        Span<byte> text = stackalloc byte[10];
        day.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        _writer.WriteField(text);
        return this;
    }

    /// <summary>An amount with exactly the currency's digits.</summary>
    public CsvTable Amount(long minor, Currency currency)
    {
        if (_safe && minor < 0)
        {
            // As a decimal the writer knows that it is a number, whose minus is no formula.
            _writer.WriteField(Exact(minor, currency.Digits));
            return this;
        }

        Span<byte> text = stackalloc byte[22];
        _writer.WriteField(text[..currency.Format(minor, text)]);
        return this;
    }

    public void EndRow() => _writer.EndRecord();

    public void Dispose() => _writer.Dispose();

    private static decimal Exact(long minor, int digits)
    {
        var magnitude = (ulong)-(minor + 1) + 1;
        return new decimal((int)magnitude, (int)(magnitude >> 32), 0, isNegative: true, (byte)digits);
    }
}
