using System.Globalization;
using System.Text;
using System.Text.Json;
using Loyalty.Clean;
using Loyalty.Host.Output;
using Loyalty.Postgres.Clean;

namespace Loyalty.Host.Clean;

/// <summary>The files of <c>loyalty clean prepare</c>.</summary>
internal static class CleanOutput
{
    /// <summary>Writes all files but the summary.</summary>
    /// <returns>How many records were rejected.</returns>
    public static int Write(OutputFolder output, CleanResult result, CleanCatalog catalog, CleanRejects rejects, bool safe)
    {
        using (var table = new CsvTable(output.Create("profiles.csv"), safe, (string[])["email", "first_name", "last_name", "tags", "first_source"]))
        {
            foreach (var p in result.Profiles)
            {
                table.Text(p.Email).Text(p.FirstName).Text(p.LastName).Text(string.Join('|', p.Tags)).Text(p.FirstSource).EndRow();
            }
        }

        using (var table = new CsvTable(output.Create("transactions.csv"), safe, (string[])["external_id", "email", "product", "status", "amount", "currency", "paid_on", "manual"]))
        {
            foreach (var t in result.Transactions)
            {
                table.Text(t.ExternalId).Text(t.Email).Text(t.Product).Text(t.Status).Amount(t.Amount, catalog.Currency).Text(catalog.Currency.Code).Date(t.PaidOn).Text(t.IsManual ? "true" : "false").EndRow();
            }
        }

        using (var table = new CsvTable(output.Create("enrollments.csv"), safe, (string[])["email", "product", "external_id", "enrolled_on"]))
        {
            foreach (var e in result.Enrollments)
            {
                table.Text(e.Email).Text(e.Product).Text(e.ExternalId).Date(e.EnrolledOn).EndRow();
            }
        }

        using (var table = new CsvTable(output.Create("leads.csv"), safe, (string[])["email", "first_name", "last_name", "first_source", "registered_on"]))
        {
            foreach (var l in result.Leads)
            {
                table.Text(l.Email).Text(l.FirstName).Text(l.LastName).Text(l.FirstSource).Date(l.RegisteredOn).EndRow();
            }
        }

        using (var table = new CsvTable(output.Create("excluded.csv"), safe, (string[])["source", "id", "email", "reason"]))
        {
            foreach (var e in result.Excluded)
            {
                table.Text(e.Source).Text(e.Id).Text(e.Email).Text(e.Reason).EndRow();
            }
        }

        using (var table = new CsvTable(output.Create("revenue.csv"), safe, (string[])["product", "status", "fiscal_quarter", "transactions", "amount"]))
        {
            foreach (var r in result.Revenue)
            {
                table.Text(r.Product).Text(r.Status).Text(r.FiscalQuarter).Number(r.Transactions).Amount(r.Amount, catalog.Currency).EndRow();
            }
        }

        using (var table = new CsvTable(output.Create("funnel.csv"), safe, (string[])["step", "contacts"]))
        {
            foreach (var step in result.Funnel)
            {
                table.Text(step.Step).Number(step.Contacts).EndRow();
            }
        }

        rejects.WriteTo(output, output.Folder, safe);
        return rejects.Count;
    }

    public static string Summary(
        CleanResult result, CleanCatalog catalog, long generation, long paymentsRead, long contactsRead, long rejected, RawChanges raw, long changed)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("tenant", catalog.Tenant);
            json.WriteString("generation", generation.ToString(CultureInfo.InvariantCulture));
            json.WriteNumber("payments_read", paymentsRead);
            json.WriteNumber("contacts_read", contactsRead);
            json.WriteNumber("rows_rejected", rejected);
            json.WriteNumber("excluded", result.Excluded.Count);
            json.WriteNumber("transactions", result.Transactions.Count);
            json.WriteNumber("manual", result.Transactions.Count(static t => t.IsManual));
            json.WriteNumber("profiles", result.Profiles.Count);
            json.WriteNumber("enrollments", result.Enrollments.Count);
            json.WriteNumber("leads", result.Leads.Count);
            json.WriteNumber("payments_unpaid", result.Unpaid);
            json.WriteNumber("contacts_united", result.ContactsUnited);
            json.WriteNumber("raw_added", raw.Added);
            json.WriteNumber("raw_changed", raw.Changed);
            json.WriteNumber("raw_missing", raw.Missing);
            json.WriteNumber("rows_changed", changed);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    public static string Table(CleanResult result, long generation, RawChanges raw, long changed, long rejected) => string.Create(
        CultureInfo.InvariantCulture,
        $"generation {generation} is staged: {result.Profiles.Count} profiles, {result.Transactions.Count} transactions ({result.Transactions.Count(static t => t.IsManual)} manual), {result.Enrollments.Count} enrollments, {result.Leads.Count} leads\n"
        + $"raw: {raw.Added} added, {raw.Changed} changed, {raw.Missing} missing at the source; {result.Unpaid} payments unpaid, {result.Excluded.Count} records excluded, {rejected} rejected; {changed} rows written");
}
