using System.Text;
using Loyalty.Ingest.Csv;
using Loyalty.Messages;
using Loyalty.Orders;

namespace Loyalty.Ingest.Points;

/// <summary>A row of a contacts file.</summary>
/// <param name="Contact">The contact.</param>
public readonly record struct ContactRow(Contact Contact);

/// <summary>Reads how customers can be reached: <c>customer,email,phone,first_name,last_name,locale</c>.</summary>
/// <remarks>Only the customer must be there. An e-mail address that nobody can be written to makes the row invalid.</remarks>
public static class ContactsFile
{
    private const int LongestText = 200;

    private static readonly CsvColumn[] Columns =
        [new("customer", true), new("email", false), new("phone", false), new("first_name", false), new("last_name", false), new("locale", false)];

    /// <summary>Reads contacts.</summary>
    /// <param name="path">The file.</param>
    /// <param name="encoding">The encoding, when it is neither UTF-8 nor UTF-16 with a byte order mark.</param>
    /// <param name="customersAreEmails">Whether an e-mail as customer is taken in its normal form; otherwise it is compared exactly, as any other text.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="SourceException">The file cannot be used as a whole.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PointsFile<ContactRow> Read(
        string path, Encoding? encoding = null, bool customersAreEmails = false, CancellationToken cancellation = default)
    {
        return new(path, encoding, Columns, ReadRow, cancellation);

        bool ReadRow(in RowCells cells, out ContactRow row)
        {
            var isRight = cells.Customer(0, customersAreEmails, out var customer);
            Span<string> texts = new string[5];
            for (var i = 0; i < texts.Length; i++)
            {
                var cell = cells.Trimmed(i + 1);
                texts[i] = Encoding.UTF8.GetString(cell);
                isRight &= texts[i].Length <= LongestText || cells.Fault(i + 1, PointsFile<ContactRow>.Invalid);
            }

            isRight &= texts[0].Length == 0 || CustomerEmail.TryNormalize(texts[0], out _) || cells.Fault(1, PointsFile<ContactRow>.Invalid);
            row = new(new Contact(customer, texts[0], texts[1], texts[2], texts[3], texts[4]));
            return isRight;
        }
    }
}
